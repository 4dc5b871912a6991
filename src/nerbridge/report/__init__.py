"""Tables, plots and pages about finished runs.

Everything here is a function of :class:`nerbridge.records.RunRecord` and gives the same bytes for
the same record.
"""
