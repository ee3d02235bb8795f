"""From pack data to strings ready to print: every decision about words, digits and order is made here."""
