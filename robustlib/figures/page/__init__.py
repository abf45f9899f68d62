"""What becomes HTML: controls, tables, listings and exercises; their JavaScript and CSS stand beside them as files."""
