// The classic job on Kafka Streams: exactly_once_v2, one thread, RocksDB with changelog, record cache off so that there
// is one output per input. Arguments: bootstrap, input topic, output topic, application id, state folder.
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.state.KeyValueStore;

public final class Streams {
    private static final ObjectMapper JSON = new ObjectMapper();

    public static final class Event {
        public String account;
        public long amount;
    }

    public static final class Total {
        public String account = "";
        public long sum;
        public long count;

        Total with(Event event) {
            account = event.account;
            sum += event.amount;
            count += 1;
            return this;
        }
    }

    private static <T> Serde<T> json(Class<T> type) {
        var reader = JSON.readerFor(type)
            .without(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
        var writer = JSON.writerFor(type);
        return Serdes.serdeFrom(
            (topic, value) -> {
                try {
                    return value == null ? null : writer.writeValueAsBytes(value);
                } catch (IOException error) {
                    throw new UncheckedIOException(error);
                }
            },
            (topic, bytes) -> {
                try {
                    return bytes == null ? null : reader.readValue(bytes);
                } catch (IOException error) {
                    throw new UncheckedIOException(error);
                }
            });
    }

    public static void main(String[] arguments) throws InterruptedException {
        var settings = new Properties();
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, arguments[0]);
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, arguments[3]);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, arguments[4]);
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 100);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
        settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.COMPRESSION_TYPE_CONFIG), "lz4");
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 262144);

        var builder = new StreamsBuilder();
        var keys = Serdes.String();
        builder.stream(arguments[1], Consumed.with(keys, json(Event.class)))
            .groupByKey(Grouped.with(keys, json(Event.class)))
            .aggregate(
                Total::new,
                (key, event, total) -> total.with(event),
                Materialized.<String, Total, KeyValueStore<Bytes, byte[]>>as("totals")
                    .withKeySerde(keys)
                    .withValueSerde(json(Total.class)))
            .toStream()
            .to(arguments[2], Produced.with(keys, json(Total.class)));

        var streams = new KafkaStreams(builder.build(), settings);
        var done = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            streams.close();
            done.countDown();
        }));
        streams.start();
        done.await();
    }
}
