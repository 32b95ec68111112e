"""The look every page shares: frame, stylesheet, drawing. No content of any page."""
