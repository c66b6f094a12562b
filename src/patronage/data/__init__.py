"""The field's standard data sets as one panel: `panel.import_raw` and `panel.Panel`.

Pandas and pyarrow are loaded by the modules here, not by this one.
"""
