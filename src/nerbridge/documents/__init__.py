"""PDF, DOCX, HTML, mails and plain text: read with places, tagged, shown, and redacted.

>>> from nerbridge.documents import annotate_html, read_document, redact, tag_document
"""

from nerbridge.documents.annotated import annotate_html
from nerbridge.documents.document import Document, Segment
from nerbridge.documents.reading import read_document
from nerbridge.documents.redaction import Redaction, plan_redaction, redact, write_redacted
from nerbridge.documents.reflow import tag_document

__all__ = [
    "Document",
    "Redaction",
    "Segment",
    "annotate_html",
    "plan_redaction",
    "read_document",
    "redact",
    "tag_document",
    "write_redacted",
]
