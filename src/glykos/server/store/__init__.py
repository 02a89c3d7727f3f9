"""The data plane: day chunks, events, summaries; one writer, one reader, everything sealed."""
