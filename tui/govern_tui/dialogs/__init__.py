"""Dialogs that ask for a passphrase or write something; each shows what it is about to do before it does it."""
