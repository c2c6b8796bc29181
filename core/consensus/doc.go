// Package consensus is how the nodes of a cluster agree on its configuration: one raft group, as a pure machine around
// etcd's raft. Messages, time and news of the disk come in; messages, log records and answers come out. It knows nodes by id
// and leaves addresses, envelopes, sockets and files to its caller. What is agreed on is the caller's StateMachine.
//
// # The intuition
//
// The configuration is the outcome of a list of commands, and the voters agree on that list. One of them leads: it appends
// commands to its log and sends them to the others, and what is on the disks of a majority is committed and never lost. Who
// hears nothing from a leader for a while stands for election in a new term; a voter votes once a term, and only for one
// whose log is not behind its own. So a leader always has all that is committed.
//
//	proposal                      leader                                 voters
//	   │       ┌──────────────────────────────────────────────┐
//	   ├──────►│ log: 1 2 3 4 5 6                              │  entries   ┌──────────────┐
//	   │       │          │   └─ record ─► disk ─► Persisted ──┼───────────►│ record, disk │
//	   │       │ a majority has it: committed                 │◄───────────┤ acknowledged │
//	   │       │          ▼                                    │            └──────────────┘
//	   │       │ StateMachine.Apply ──► result                 │
//	   │◄──────┤ Answer       │                                │
//	           │              └─ now and then: checkpoint, and the log up to it is dropped
//	           └──────────────────────────────────────────────┘
//
// # What a node is
//
//	                the leader writes to it
//	                under a new raft id         caught up: joint change
//	┌──────────┐ ─────────────────────► ┌─────────┐ ─────────────► ┌──────────┐  silence  ┌──────────────┐
//	│ Observer │                        │ Learner │                │ Follower │ ────────► │ PreCandidate │
//	└──────────┘                        └─────────┘                └──────────┘ ◄──────── └──────────────┘
//	     ▲                                   │                     removed │ ▲ ▲ a leader         │ a majority
//	     │ all voters     ┌─────────┐ removed│                             │ │ │ is heard         ▼ would vote
//	     └─────────────── │ Leaving │ ◄──────┴─────────────────────────────┘ │ │          ┌───────────┐
//	       know it        └─────────┘                        a higher term,  │ └───────── │ Candidate │
//	                                                         or no quorum    │            └───────────┘
//	                                                                   ┌────────┐               │
//	                                                                   │ Leader │ ◄─────────────┘
//	                                                                   └────────┘    a majority voted
//
// Most nodes are observers: they propose and read through the leader, which any voter names to them, and learn the
// configuration from their peers. A raft id stands for one log on one disk. A node that joins again gets a new id, higher
// than all before, and begins with an empty log; under an id that it had it never speaks again.
//
// # Persist before send
//
// Raft runs with asynchronous storage: it hands out what to write together with the messages that must wait until it is
// durable (votes, acknowledgements). Each write becomes a Record with a position; what waits is parked until Persisted
// names that position. A leader sends entries to others while its own disk still writes them.
//
// Messages are marshalled when they are made, since they refer to the log. Records are written so that every prefix of them
// is a state the machine was in (see the drawing in record.go).
//
// # Time and chance
//
// Raft draws its election jitter from the operating system's entropy. So it is not told of time, but for the ticks of a
// leader's heartbeat: this package counts the silence itself, has raft forget the leader after the base timeout
// (ForgetLeader), and campaign after a jitter from the node's own stream (Campaign). The same calls give the same
// outputs, bit for bit.
//
// # Proposals
//
// A proposal has an id and a base, an index that was committed when it was first made. It is applied only within Window
// indexes behind its base, and its id and result are part of the replicated state for Window indexes behind where it was
// applied. So a retry after any delay, through any leader, is applied once at most; one that comes in time gets the result
// again. Whoever gets no answer in Config.ProposalTimeout learns that the outcome is unknown.
//
// # The members
//
// SetVoters says who should vote. The leader makes learners of those that are new, and when these have the log it exchanges
// voters in one joint change (the Raft paper, section 6), one at a time. A snapshot that a learner needs is taken after
// the change that brought it in, and goes in parts that fit into messages. A leader that is not to vote any more brings the
// change about and steps down when it is applied, unless there is a voter that it can have lead in its place first. A member
// that was removed goes on voting until the voters know it (see leaving.go).
//
// When a quorum is lost for good, an operator has one node found the group anew (Bootstrap) under a higher
// Config.Generation. Messages and log records of another generation count for nothing.
//
// # What is not believed
//
// Raft trusts its peers, and panics on what cannot be. Here a message is judged first (see admit): whether its sender is
// who that raft id belongs to, its fields are those of its type, its terms and indexes fit, its members are consistent. What
// fails is counted and changes nothing.
//
// # Sources
//
//   - Ongaro, Ousterhout: In Search of an Understandable Consensus Algorithm (Extended Version), 2014: "the Raft paper".
//   - Ongaro: Consensus: Bridging Theory and Practice, 2014: PreVote (section 9.6), reads (section 6.4), sessions
//     (section 6.3), changes of the members (chapter 4).
//   - go.etcd.io/raft/v3, its doc.go: asynchronous storage writes, joint configurations, learners.
package consensus
