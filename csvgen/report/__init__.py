"""Reports: document kinds composed to neutral blocks, and the blocks drawn as Word, PDF and workbook."""
