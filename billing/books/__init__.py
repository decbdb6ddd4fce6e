"""The books: revenue, receivables, VAT and the journal, as plain values."""
