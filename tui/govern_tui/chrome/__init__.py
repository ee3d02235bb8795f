"""What surrounds the pages: menu bar, banner, footer, palette, help, jump letters, command log."""
