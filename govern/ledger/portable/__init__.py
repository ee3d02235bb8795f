"""The verifier that stands alone: one file, to be read and copied without the rest."""
