"""Policy packs as data: documents, catalogues of controls and their sources; no code of govern is needed to read them."""

from govern_policies.loading import Pack, UnknownPackError, load, pack_ids

__all__ = ["Pack", "UnknownPackError", "load", "pack_ids"]
