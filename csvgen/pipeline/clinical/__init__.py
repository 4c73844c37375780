"""The clinical pipeline: from SDTM files in SAS XPORT to analysis tables, each record traceable to the rows it was made from."""
