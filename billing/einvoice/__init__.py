"""An invoice as a machine reads it: judged by the rules of Europe, of Peppol and of the law before it counts."""
