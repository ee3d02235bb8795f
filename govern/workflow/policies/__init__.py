"""Policies and bindings as documents that people install, and waivers from them."""
