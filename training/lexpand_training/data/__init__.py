"""Text as training reads it: word pieces in ragged arrays, batches of them, files that several processes share."""
