"""The look of Afterglow: base page, components, stylesheet, icons."""
