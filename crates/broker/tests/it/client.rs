//! A client that sends exactly what it is told to.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use bytes::{BufMut, Bytes, BytesMut};
use kafka_protocol::ResponseError;
use kafka_protocol::messages::create_topics_request::CreatableTopic;
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kafka_protocol::messages::{
    ApiKey, CreateTopicsRequest, FetchRequest, FetchResponse, MetadataRequest, ProduceRequest,
    ProduceResponse, RequestHeader, ResponseHeader, TopicName, TransactionalId,
};
use kafka_protocol::protocol::{Decodable, Encodable, HeaderVersion, Request, StrBytes};
use kafka_protocol::records::{
    Compression, Record, RecordBatchDecoder, RecordBatchEncoder, RecordEncodeOptions, TimestampType,
};

pub struct Client(TcpStream);

/// A producer's identity: id and epoch.
pub type Producer = (i64, i16);
pub const NOBODY: Producer = (-1, -1);

impl Client {
    pub fn connect(address: SocketAddr) -> io::Result<Client> {
        let socket = TcpStream::connect(address)?;
        socket.set_read_timeout(Some(Duration::from_secs(20)))?;
        socket.set_nodelay(true)?;
        Ok(Client(socket))
    }

    /// Sends bytes with their length before them.
    pub fn send_frame(&mut self, frame: &[u8]) -> io::Result<()> {
        self.send_bytes(&(frame.len() as u32).to_be_bytes())?;
        self.send_bytes(frame)
    }

    pub fn send_bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    pub fn receive_frame(&mut self) -> io::Result<Bytes> {
        let mut size = [0; 4];
        self.0.read_exact(&mut size)?;
        let mut frame = vec![0; u32::from_be_bytes(size) as usize];
        self.0.read_exact(&mut frame)?;
        Ok(frame.into())
    }

    /// One request and its answer.
    pub fn call<R: Request>(&mut self, version: i16, request: &R) -> io::Result<R::Response> {
        let mut frame = BytesMut::new();
        RequestHeader::default()
            .with_request_api_key(R::KEY)
            .with_request_api_version(version)
            .with_correlation_id(7)
            .encode(&mut frame, R::header_version(version))
            .unwrap();
        request.encode(&mut frame, version).unwrap();
        self.send_frame(&frame)?;
        let mut answer = self.receive_frame()?;
        let header = R::Response::header_version(version);
        let header = ResponseHeader::decode(&mut answer, header).unwrap();
        assert_eq!(header.correlation_id, 7);
        Ok(R::Response::decode(&mut answer, version).unwrap())
    }

    pub fn create_topic(&mut self, name: &str, n_partitions: i32) {
        let topic = CreatableTopic::default()
            .with_name(TopicName(text(name)))
            .with_num_partitions(n_partitions)
            .with_replication_factor(1);
        let request = CreateTopicsRequest::default().with_topics(vec![topic]).with_timeout_ms(1000);
        let response = self.call(5, &request).unwrap();
        assert_eq!(response.topics[0].error_code, 0);
        let topic = MetadataRequestTopic::default().with_name(Some(TopicName(text(name))));
        let request = MetadataRequest::default().with_topics(Some(vec![topic]));
        // Real Kafka answers before it is ready to take records.
        until_ready(|| self.call(8, &request).unwrap().topics[0].error_code);
    }

    /// Sends batches for one partition; the error code and the first offset of the answer.
    pub fn produce(
        &mut self,
        topic: &str,
        partition: i32,
        transactional_id: Option<&str>,
        batches: Bytes,
    ) -> io::Result<(i16, i64)> {
        let data =
            PartitionProduceData::default().with_index(partition).with_records(Some(batches));
        let topic = TopicProduceData::default()
            .with_name(TopicName(text(topic)))
            .with_partition_data(vec![data]);
        let request = ProduceRequest::default()
            .with_acks(-1)
            .with_timeout_ms(1000)
            .with_transactional_id(transactional_id.map(|id| TransactionalId(text(id))))
            .with_topic_data(vec![topic]);
        let response: ProduceResponse = self.call(8, &request)?;
        let partition = &response.responses[0].partition_responses[0];
        Ok((partition.error_code, partition.base_offset))
    }

    pub fn fetch(&mut self, topic: &str, from: i64, committed_only: bool) -> FetchResponse {
        let partition = FetchPartition::default()
            .with_partition(0)
            .with_fetch_offset(from)
            .with_partition_max_bytes(1 << 20);
        let topic = FetchTopic::default()
            .with_topic(TopicName(text(topic)))
            .with_partitions(vec![partition]);
        let request = FetchRequest::default()
            .with_max_wait_ms(0)
            .with_min_bytes(1)
            .with_max_bytes(1 << 20)
            .with_isolation_level(i8::from(committed_only))
            .with_topics(vec![topic]);
        self.call(11, &request).unwrap()
    }

    /// Everything in partition 0 that readers of committed records see, as texts.
    pub fn committed_values(&mut self, topic: &str) -> Vec<String> {
        let mut values = Vec::new();
        let mut from = 0;
        loop {
            let response = self.fetch(topic, from, true);
            let partition = &response.responses[0].partitions[0];
            assert_eq!(partition.error_code, 0);
            let mut bytes = partition.records.clone().unwrap();
            if bytes.is_empty() {
                return values;
            }
            let sets = RecordBatchDecoder::decode_all(&mut bytes).unwrap();
            let aborted = partition.aborted_transactions.clone().unwrap_or_default();
            let mut aborting: Vec<(i64, i64)> =
                aborted.iter().map(|a| (a.producer_id.0, a.first_offset)).collect();
            for record in sets.into_iter().flat_map(|set| set.records) {
                let seen = record.offset >= from;
                from = from.max(record.offset + 1);
                let producer = record.producer_id;
                if record.control {
                    // The end of one transaction of this producer: the earliest one listed.
                    let at = aborting
                        .iter()
                        .position(|(id, first)| *id == producer && *first <= record.offset);
                    if let Some(at) = at {
                        aborting.remove(at);
                    }
                    continue;
                }
                let is_aborted = record.transactional
                    && aborting
                        .iter()
                        .any(|(id, first)| *id == producer && *first <= record.offset);
                if seen && !is_aborted {
                    values.push(String::from_utf8(record.value.unwrap().to_vec()).unwrap());
                }
            }
        }
    }
}

/// Asks again while the answer is that it is too early; the last answer.
pub fn until_ready(mut ask: impl FnMut() -> i16) -> i16 {
    const TOO_EARLY: [ResponseError; 6] = [
        ResponseError::UnknownTopicOrPartition,
        ResponseError::LeaderNotAvailable,
        ResponseError::CoordinatorLoadInProgress,
        ResponseError::CoordinatorNotAvailable,
        ResponseError::NotCoordinator,
        ResponseError::ConcurrentTransactions,
    ];
    let began = Instant::now();
    loop {
        let code = ask();
        let is_too_early = TOO_EARLY.iter().any(|error| error.code() == code);
        if !is_too_early || began.elapsed() > Duration::from_secs(20) {
            return code;
        }
        std::thread::yield_now();
    }
}

/// A batch of texts as a producer encodes it.
pub fn batch(producer: Producer, sequence: i32, transactional: bool, values: &[&str]) -> Bytes {
    let records: Vec<Record> = values
        .iter()
        .enumerate()
        .map(|(i, value)| Record {
            transactional,
            control: false,
            partition_leader_epoch: 0,
            producer_id: producer.0,
            producer_epoch: producer.1,
            timestamp_type: TimestampType::Creation,
            offset: i as i64,
            sequence: if producer == NOBODY { i as i32 - 1 } else { sequence + i as i32 },
            timestamp: 1_000,
            key: None,
            value: Some(Bytes::copy_from_slice(value.as_bytes())),
            headers: Default::default(),
            delete_horizon: false,
        })
        .collect();
    let mut bytes = BytesMut::new();
    let options = RecordEncodeOptions { version: 2, compression: Compression::None };
    RecordBatchEncoder::encode(&mut bytes, records.iter(), &options).unwrap();
    bytes.freeze()
}

pub fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

/// The start of a request: its type and version, a correlation id, no client id.
pub fn header(key: ApiKey, version: i16) -> BytesMut {
    let mut frame = BytesMut::new();
    frame.put_i16(key as i16);
    frame.put_i16(version);
    frame.put_i32(1);
    frame.put_i16(-1);
    frame
}
