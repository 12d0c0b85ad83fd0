"""What the runs of the past say: read from a ledger's lines, labelled by what became of them, counted, compared, replayed."""
