"""The invoice as a document: its words, pages, files and proof."""
