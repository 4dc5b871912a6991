"""How scripts/build-docs turns these pages into a site (Sphinx)."""

from importlib.metadata import version as installed_version

project = "nerbridge"
author = "The nerbridge authors"
copyright = "the nerbridge authors, Apache-2.0"
version = release = installed_version("nerbridge")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["examples"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
# JSON with ellipses, CoNLL and the like stand in plain blocks.
highlight_language = "none"
suppress_warnings = ["misc.highlighting_failure"]

napoleon_use_ivar = True
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {
    "members": True,
    "undoc-members": True,
    "exclude-members": "model_config",
}

html_theme = "furo"
html_title = "nerbridge"
html_show_sourcelink = False
html_copy_source = False
