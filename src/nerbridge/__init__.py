"""Named-entity recognition for a language with almost no labelled data.

Importing this package loads no model library, configures no logging, reads no environment
variable and opens no connection: import the part you need, such as ``nerbridge.corpus``.
"""

__version__ = "0.1.0"
