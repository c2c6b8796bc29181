// Package gossip finds out which members of a group live: SWIM with all of Lifeguard, as a pure machine. Calls bring
// messages and the time in; messages to send and news come out. It knows nodes by id only and leaves addresses,
// envelopes and sockets to its caller. Who is a member is told to it (SetMembers); it decides about health alone.
//
// # The intuition
//
// Each member pings one other member a period, in an order that gets round to everyone. If there is no answer, some
// helpers ping too, since the fault may lie in between. If there is still none the member is suspected, and the
// suspicion travels as a rumour on the pings and acks that flow anyway. A suspect that hears of it refutes: only it
// may raise its incarnation, and the higher one wins. One that does not is declared dead after a while.
//
// SWIM takes the accuser for healthy, but it is often the slow one: it misses the acks and then the refutations.
// Lifeguard makes a member doubt itself. It counts signs of its own slowness and stretches its timeouts by them
// (LHA-Probe); it gives a suspect much time unless others confirm the suspicion independently (LHA-Suspicion); and it
// tells a suspect first (Buddy).
//
// # What a machine believes of a member
//
//	                     probe failed, or Suspect(i) heard
//	        ┌─────────┐ ─────────────────────────────────► ┌─────────┐ ─┐ confirmed by another:
//	        │  Alive  │                                    │ Suspect │  │ time left shrinks
//	        └─────────┘ ◄───────────────────────────────── └─────────┘ ◄┘
//	         ▲  ▲    │       Alive(j), j > i: refuted       │     │
//	         │  │    │                                      │     │ time is over, or Dead(i) heard
//	Alive(j) │  │    │ Left(i)                      Left(i) │     ▼
//	  j > i  │  │    │                                      │   ┌────────┐
//	         │  │    └──────────────┐   ┌───────────────────┘   │  Dead  │
//	         │  │                   ▼   ▼                       └────────┘
//	         │  │ Alive(j), j > i ┌────────┐      Left(i)         │    │
//	         │  └──────────────── │  Left  │ ◄────────────────────┘    │
//	         │                    └────────┘                           │
//	         └─────────────────────────────────────────────────────────┘
//
// Claims are totally ordered, by incarnation and then by health (see supersedes), and a member believes the greatest
// it has heard. So members that have heard the same believe the same, whatever was lost, doubled or reordered on the
// way.
//
// # One period of the failure detector
//
//	         ProbeInterval × (local health + 1)
//	├──────────────────────────────┬──────────────────────────────────┤
//	│ direct                       │ indirect                         │
//	│ ping ──► target              │ pingReq ──► k helpers ──► target │ silence: suspect the target
//	│      ◄── ack: success        │         ◄── ack: success         │
//	│                              │         ◄── nack at 80 %         │
//	│                              │ ping over a stream               │
//	└──────────────────────────────┴──────────────────────────────────┘
//	  ProbeTimeout × (local health + 1)
//
// # What is bounded
//
// Peers can make a machine hold at most one rumour, one suspicion with K+1 accusers and one contest per member, and
// MaxRelays relayed probes. A rumour is sent at most λ·⌈log10(n+1)⌉ times unless something newer is learnt, and a
// datagram is at most MaxPayload bytes long. Handling a message takes time in proportion to its length, never to the
// size of the group.
//
// # Healing
//
// Who is dead is still a member. It is pinged now and then, and whatever is sent to it opens with the accusation, so
// a member that was only cut off refutes, after a partition of any length. It also compares its view of everyone with
// that of the member it has the news from; those about whom the two disagree are told, at the pace of gossip, and
// refute for themselves. Nobody is accused anew on the word of a member that may itself have been the one cut off.
//
// # Sources
//
//   - Das, Gupta, Motivala: SWIM: Scalable Weakly-consistent Infection-style Process Group Membership Protocol, DSN 2002.
//   - Dadgar, Phillips, Currey: Lifeguard: Local Health Awareness for More Accurate Failure Detection, arXiv 1707.00788v2.
//   - What both leave open follows HashiCorp's memberlist, which the second paper measured: dedicated rounds of gossip,
//     exchanges of state and the ping over a stream. Where memberlist departs from the paper, the paper is followed.
package gossip
