"""Charts as SVG text: dot plots, bars, sparklines and the lineage picture."""
