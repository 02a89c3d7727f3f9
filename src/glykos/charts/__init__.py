"""Numbers to pictures: own SVG, one scene in two skins."""
