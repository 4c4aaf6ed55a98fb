//! What a broker must do for us, written once and run on every broker that we say we run on: the
//! embedded one, in memory and on disk, and real Apache Kafka.
//!
//! A case is a function of a bootstrap address. It makes topics, groups and ids of its own, so that
//! cases run side by side. The list below is the only one: a case that is not in it is dead code.

#![expect(
    clippy::disallowed_methods,
    reason = "a client's view of a broker, which knows nothing of the product's clock and settings"
)]

mod clients;
pub mod targets;

mod admin;
mod records;
mod groups;
mod transactions;
mod traps;
mod crashes;
mod sharing;
mod restarts;

/// Makes one test of each case and target, so that the output names both.
macro_rules! conformance {
    ($($family:ident :: $case:ident,)*) => {
        mod in_memory {
            use super::*;
            $(#[test] fn $case() { $family::$case(targets::in_memory()); })*
        }
        mod on_disk {
            use super::*;
            $(#[test] fn $case() { $family::$case(targets::on_disk()); })*
        }
        mod on_real_kafka {
            use super::*;
            $(#[test] fn $case() {
                if let Some(kafka) = targets::real_kafka() { $family::$case(kafka); }
            })*
        }
    };
}

conformance! {
    admin::a_topic_is_made_described_grown_and_deleted,
    admin::a_topic_that_cannot_be_is_refused,
    admin::groups_are_listed_described_and_deleted,

    records::keys_headers_nulls_and_times_survive,
    records::compressed_batches_pass_untouched,
    records::large_records_pass_and_too_large_ones_are_refused,
    records::twenty_megabytes_in_one_partition_are_all_kept,
    records::an_unknown_topic_is_an_error_and_not_a_wait,
    records::a_waiting_reader_is_woken,

    groups::partitions_are_shared_and_given_back,
    groups::a_cooperative_group_settles_too,
    groups::a_group_goes_on_where_it_committed,
    groups::a_static_member_returns_to_its_partitions,
    groups::a_second_holder_of_an_instance_fences_the_first,
    groups::a_member_that_stops_polling_loses_its_partitions,
    groups::an_outsider_cannot_commit_for_a_living_group,

    transactions::only_committed_records_are_seen,
    transactions::a_reader_at_the_tail_never_sees_what_is_taken_back,
    transactions::an_open_transaction_holds_back_what_comes_after_it,
    transactions::one_transaction_spans_topics_and_partitions,
    transactions::a_group_moves_only_with_its_transaction,
    transactions::a_successor_fences_its_predecessor,
    transactions::a_transaction_that_takes_too_long_is_aborted,
    transactions::only_the_same_id_ends_a_dead_producers_transaction,
    transactions::a_commit_of_nothing_succeeds,
    transactions::a_timeout_beyond_the_brokers_limit_is_refused,
    transactions::an_aborted_producer_goes_on,

    traps::an_evicted_owner_is_refused_only_if_it_sends_positions,
    traps::group_metadata_taken_late_moves_a_strangers_partition,
    traps::group_metadata_of_nobody_is_not_fenced_at_all,
    traps::a_restore_behind_a_hung_transaction_reads_nothing,
    traps::only_range_assigns_the_same_numbers_of_two_topics,
    traps::a_successor_waits_for_the_positions_a_dead_owner_holds,
    traps::a_duplicate_slot_and_an_overrun_give_the_same_error,
    traps::a_stale_member_cannot_move_its_group,
    traps::markers_keep_the_watermark_above_a_reader_that_is_done,

    crashes::two_thousand_records_through_a_dying_stage_come_out_once,
    sharing::two_dying_stages_share_the_work_and_each_record_comes_out_once,
}
