"""What speaks with Kafka: how partitions are assigned, batches fetched, transactions made."""
