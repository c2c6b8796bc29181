// Package topology is the configuration of a cluster: its nodes, its shards and which shard owns which slot; and the
// views of it that Redis Cluster's clients read.
//
// A State never changes. A command makes the next State out of it, by a pure function, so that every node that applies
// the same commands in the same order holds the same State, byte for byte:
//
//	          ┌───────────────────────────── State, version v ─────────────────────────────┐
//	          │ slots                     shards (sorted)               nodes (sorted)     │
//	          │ ┌────┬────┬────┬────┐    ┌───┬───────┬─────────────┐   ┌────┬───────────┐  │
//	          │ │  1 │  1 │  2 │  0 │    │ 1 │ epoch │ primary ────┼──►│ id │ addresses │  │
//	          │ └─┬──┴────┴─┬──┴────┘    │ 2 │       │ members     │   │    │ boot      │  │
//	          │   └─────────┴───────────►└───┴───────┴─────────────┘   └────┴───────────┘  │
//	          └────────────────────────────────────────────────────────────────────────────┘
//	                 │ Apply(command)                         │ View: CLUSTER NODES, SLOTS, SHARDS, INFO
//	                 ▼                                        ▼
//	State, version v+1, or v and a Refusal             what a client of Redis Cluster expects
//
// Beside these a State holds which slots are on their way between two shards, who votes on changes, the cluster-wide
// settings, what became of attempts to join, and which nodes were forgotten.
//
// Slots belong to shards, not to nodes, so a failover changes one field and no slot. Every command names the epoch of the
// shard that it was made for and is refused under another (compare-and-set): of two proposals that race, one wins and the
// other is told why.
//
// # How a node learns of a State
//
// A version has one content, so a Stamp (generation, version, hash) names it. A node that sees a newer one asks whoever has it
// for an update: a delta, if the other still has what the node has (Archive), else the whole; in chunks. What comes out must
// have the hash that was promised. Authority comes from a shard's epoch and its lease. That a node holds an old State costs its clients a redirect, never
// an answer that is wrong.
//
// # Joining, and voting
//
// Meet says who joins whom; Join and AbortJoin decide it, whichever is applied first, under the token of the attempt; Grant
// says which of the claimed slots the newcomer gets. ChooseVoters says who should vote. All of these are pure functions.
//
// The formats follow the command pages CLUSTER NODES, CLUSTER SLOTS, CLUSTER SHARDS and CLUSTER INFO of Redis 7.2.
package topology
