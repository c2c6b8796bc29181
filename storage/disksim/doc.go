// Package disksim is a disk in memory for the simulator: a storage.Directory that can crash and fail, and whose every
// choice comes from a seeded stream, so that a run repeats bit for bit.
//
// Every file has two contents and every disk two lists of names: what the process sees, and what is durable. What
// lies between them is a list of unsynced operations, in the order in which they were made:
//
//	             Append, Truncate, Reserve             Sync
//	visible  ◄──────────────┬───────────► unsynced ─────────────► durable
//	                        │                 │  any part of it      ▲
//	                        │                 └──────────────────────┤
//	visible  ◄──────────────┼────────────────── Crash ◄──────────────┘
//
// Crash forgets the visible state and makes a new one from the durable state and a part of the unsynced operations,
// which it draws: none of them (power was lost), all of them (only the process died), a prefix torn at
// any byte, or any part: each operation on the directory by itself, except that it cannot outlive an earlier one on
// the same name, and of the bytes that were written each sector by itself, as it was written, as it was before or
// as garbage. That is what POSIX leaves open and what real file systems do (Pillai et al., "All File Systems Are Not
// Created Equal", OSDI 2014).
//
// CrashAt is the same without chance: it keeps a prefix of the operations, torn at a given byte. Trying it at all
// CrashPoints on clones of a disk visits every state that a crash of an orderly file system can leave.
//
// Faults are switches, so that healing is Faults{} again.
package disksim
