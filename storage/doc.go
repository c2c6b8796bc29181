// Package storage is what Ember keeps on disk: the file port that it is written against, and the segmented log of
// checksummed records above that port.
//
// # The port
//
// Directory and File are the little of a file system that the log needs. Two packages implement them: storage/disk
// with the operating system's files, storage/disksim in memory, with crashes and faults for the simulator.
// storage/storagetest is the contract that both pass.
//
// # The log
//
// A Log is a sequence of records, numbered from 1 by their position, in segment files that are numbered from 1:
//
//	ember-000007.log     ember-000008.log     ember-000009.log
//	┌───┬─┬──┬───┬──┐    ┌───┬─┬───┬──┬──┐    ┌───┬─┬──┬─┬──┬ ─ ─ ─ ┐
//	│hdr│S│41│42 │43│    │hdr│S│44 │45│46│    │hdr│S│47│M│48│ zeros
//	└───┴─┴──┴───┴──┘    └───┴─┴───┴──┴──┘    └───┴─┴──┴─┴──┴ ─ ─ ─ ┘
//
// A segment begins with 32 bytes of its own; all integers are little-endian:
//
//	 0          8           16        24      28      32
//	┌──────────┬───────────┬─────────┬───────┬───────┐
//	│ EMBERLG1 │ number    │ salt    │ zero  │ check │
//	└──────────┴───────────┴─────────┴───────┴───────┘
//
// then frames follow. A frame is a record, the start of a segment (S: nothing but the position and the chain that the
// segment goes on from) or a mark (M: nothing but the position up to which the log is durable):
//
//	 0      1      4        8          16        24        28      32        32+length
//	┌──────┬──────┬────────┬──────────┬─────────┬─────────┬───────┬──────────┐
//	│ kind │ zero │ length │ position │ durable │ content │ check │ record   │
//	└──────┴──────┴────────┴──────────┴─────────┴─────────┴───────┴──────────┘
//
// position is the record's, or of a start and a mark that of the record before it. durable is the position up to which
// the log was known to be durable when the frame was written. content is the CRC-32C of the records of the log so
// far, each one's continued from the one before it, so a frame is valid only behind the very records that it was
// written behind. check is the CRC-32C of the frame's first 28 bytes, begun from the CRC of the segment's number and
// salt, combined with the frame's offset. So a frame is valid only where it was written: never inside of a client's
// value, never in a file that was renamed or recycled.
//
// # A torn tail, or damage
//
// What was appended and not synced may be gone after a crash, wholly or in part: the file system writes its pages in
// any order, so that a later record can be there whole while an earlier one is not. What was synced stays. So when
// recovery comes to a place where record p should be and is not, either p was never synced, and what follows is a torn
// tail that is cut; or p was synced and the disk has damaged it, and the log is refused with a DamageError.
//
// The frames themselves tell which. Whoever wrote a frame with durable ≥ p knew that p had been synced. Recovery
// looks for such a frame in all bytes behind the bad place, at every offset, in this segment and in the later ones:
//
//	                  bad                              bad
//	      ┌───┬───┬───┬╳╳╳┬───┐            ┌───┬───┬───┬╳╳╳┬───┬───────────┐
//	      │ 1 │ 2 │ 3 │ 4 │ 5 │            │ 1 │ 2 │ 3 │ 4 │ 5 │ 6         │
//	      └───┴───┴───┴╳╳╳┴───┘            └───┴───┴───┴╳╳╳┴───┴───────────┘
//	durable 0   0   2   3   3        durable 0   0   2   3   3   4 ≥ 4
//	      4 and 5 are torn: cut            4 was synced: damage
//
// Sound: no frame with durable ≥ p is written before p is synced, so after any crash of a disk that keeps what it
// has synced the bad place is never refused; and it is at or behind the end of what was synced, so cutting there
// loses none of it. Complete, but for one case: damage to what the last sync wrote, of which no later frame knows. To
// make that case rare, a Sync that leaves the log idle appends a mark (which the next Sync makes durable).
// The record 4 that was cut is not there twice: 5 is not valid behind another 4.
//
// # Order of operations
//
//   - A segment's header is written and synced, and its name synced, before its first frame is written. So a
//     segment whose header is bad held nothing (it is removed) or is damaged.
//   - A segment is begun while the one before it may hold unsynced records. A Sync syncs the older one first,
//     and only then says that records of the newer one are durable.
//   - Release removes whole segments, the oldest first, each removal synced before the next, so that the numbers
//     that are left never have a gap.
//   - Recovery makes the cut, and all that it has shown to its caller, durable before it returns. A segment with
//     frames that are not known to be durable is copied for that, and the copy renamed over it.
//   - An error of Append or Sync ends the log: what is on disk is unknown from then on, and only opening it again
//     finds out. A failed fsync in particular may leave pages that can be read, are not on the disk, and that the
//     next fsync will not write (Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020).
package storage
