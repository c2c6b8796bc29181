package marks

// A Mark is a rare path.
type Mark uint8

// The marks, with what happens where they are hit.
const (
	RebootFromRecord      Mark = iota // a node starts from the record of an earlier life
	LogFailed                         // the log fails under a node that runs
	ReplyParked                       // a reply has to wait
	ParkedReplySent                   // a reply that had to wait leaves
	HeldClientResumed                 // a client goes on whose commands had to wait
	WindowFull                        // so many commands or keys came at once that they do not fit into one window
	IncompleteInputKept               // an incomplete command stays where it is
	QueryBufferOverrun                // a client is closed since it sends more than may wait
	UnknownClient                     // an event concerns a client that the node has closed
	CommandRefused                    // a command is not admitted
	TransactionRedirected             // EXEC is redirected
	TransactionChanged                // EXEC finds that a watched key has changed
	ExpiryBatchFull                   // more keys have ended than one round removes
	ExpiryEarly                       // active expiry wakes up and finds nothing that has ended
	DatagramDamaged                   // a datagram does not open
	MessageBeforeBoot                 // a message comes before the boot record is durable
	FramePartial                      // a message on a stream comes in pieces
	StreamClosedMeanwhile             // bytes come on a stream that the node has closed
	StreamIdle                        // a stream is closed since it has been silent
	StreamShared                      // a stream that the peer has opened carries an answer
	ServingLost                       // the node stops serving since others have failed
	ServingRegained                   // the node serves again
	Asked                             // a key of a slot that leaves is looked for at the slot's target
	ServedAsking                      // a command behind ASKING is served in a slot that comes
	SplitCommand                      // the keys of a command are on both sides of a slot's way

	Refuted             // a node refutes what is said of it
	RefutedDeath        // a node learns that it was held dead
	SuspicionStarted    // a member is suspected
	SuspicionConfirmed  // another member suspects the same
	SuspicionRefuted    // a suspicion ends well
	SuspicionExpired    // a suspicion runs out
	PauseForgiven       // a node that was held up gives its suspects a while
	IndirectProbe       // a ping is not answered and helpers are asked
	IndirectAck         // the answer comes by a helper
	NackSent            // a helper says that it has no answer
	NackMissed          // a helper says nothing
	RelayRefused        // a request to help finds no room
	RelayExpired        // nobody waits for the answer to a relayed ping any more
	AckUnexpected       // an ack answers no probe that is under way
	LocalHealthWorst    // a node trusts itself as little as it can
	Contested           // a member that somebody hears from is held dead by another
	ContestOvertaken    // it has refuted before it was told
	ExchangeAfterReturn // a node that was held dead compares its view
	GossipToTheDead     // one that has just died is told
	Reconnect           // a member that is held dead is pinged
	RumoursDoNotFit     // there are more rumours than fit into a datagram
	VersionSeen         // a member has a newer configuration

	ConsensusRefused    // a message of the consensus group does not fit what a node knows
	ProposalUnknown     // a change of the configuration is not decided in time
	DecidedElsewhere    // a change is decided, and its proposer does not have it yet
	ConfigurationPulled // a node asks a peer for a newer configuration
	PullTimedOut        // the peer does not answer
	VotersReplaced      // a leader wants others to vote
	MeetingRedirected   // whom a node is to meet is about to join another
	Invited             // a node is asked to join another
	JoinBegun           // a node begins to join another cluster
	Joined              // it is a member
	JoinAborted         // it is not, and is what it was
	HostBusy            // a host is about to join another cluster itself
	HostReplaced        // a host cannot have a join decided, and names another
	RingBroken          // of nodes that join each other in a ring one stays
	VoterForgotten      // a voter is to be forgotten
	BecameSolo          // a node is a cluster of its own again

	TableGrows          // a slot's table takes more homes
	TableShrinks        // a slot's table gives up homes
	TableResizesInSteps // a table is too large to be resized at once
	SlotEmptied         // the last key of a slot goes

	// Count is the number of marks.
	Count
)

// names are the marks as reports show them.
var names = [Count]string{
	RebootFromRecord:    "reboot-from-record",
	LogFailed:           "log-failed",
	ReplyParked:         "reply-parked",
	ParkedReplySent:     "parked-reply-sent",
	HeldClientResumed:   "held-client-resumed",
	WindowFull:          "window-full",
	IncompleteInputKept: "incomplete-input-kept",
	QueryBufferOverrun:  "query-buffer-overrun",
	UnknownClient:       "unknown-client",
	CommandRefused:      "command-refused",
	Asked:               "asked", ServedAsking: "served-asking", SplitCommand: "split-command",
	TransactionRedirected: "transaction-redirected",
	TransactionChanged:    "transaction-changed",
	ExpiryBatchFull:       "expiry-batch-full",
	ExpiryEarly:           "expiry-early",
	DatagramDamaged:       "datagram-damaged",
	MessageBeforeBoot:     "message-before-boot",
	FramePartial:          "frame-partial",
	StreamClosedMeanwhile: "stream-closed-meanwhile",
	StreamIdle:            "stream-idle",
	StreamShared:          "stream-shared",
	ServingLost:           "serving-lost",
	ServingRegained:       "serving-regained",
	Refuted:               "refuted",
	RefutedDeath:          "refuted-death",
	SuspicionStarted:      "suspicion-started",
	SuspicionConfirmed:    "suspicion-confirmed",
	SuspicionRefuted:      "suspicion-refuted",
	SuspicionExpired:      "suspicion-expired",
	PauseForgiven:         "pause-forgiven",
	IndirectProbe:         "indirect-probe",
	IndirectAck:           "indirect-ack",
	NackSent:              "nack-sent",
	NackMissed:            "nack-missed",
	RelayRefused:          "relay-refused",
	RelayExpired:          "relay-expired",
	AckUnexpected:         "ack-unexpected",
	LocalHealthWorst:      "local-health-worst",
	Contested:             "contested",
	ContestOvertaken:      "contest-overtaken",
	ExchangeAfterReturn:   "exchange-after-return",
	GossipToTheDead:       "gossip-to-the-dead",
	Reconnect:             "reconnect",
	RumoursDoNotFit:       "rumours-do-not-fit",
	VersionSeen:           "version-seen",
	ConsensusRefused:      "consensus-refused",
	ProposalUnknown:       "proposal-unknown",
	DecidedElsewhere:      "decided-elsewhere",
	ConfigurationPulled:   "configuration-pulled",
	PullTimedOut:          "pull-timed-out",
	VotersReplaced:        "voters-replaced",
	MeetingRedirected:     "meeting-redirected",
	Invited:               "invited",
	JoinBegun:             "join-begun",
	Joined:                "joined",
	JoinAborted:           "join-aborted",
	HostBusy:              "host-busy",
	HostReplaced:          "host-replaced",
	RingBroken:            "ring-broken",
	VoterForgotten:        "voter-forgotten",
	BecameSolo:            "became-solo",
	TableGrows:            "table-grows",
	TableShrinks:          "table-shrinks",
	TableResizesInSteps:   "table-resizes-in-steps",
	SlotEmptied:           "slot-emptied",
}

func (m Mark) String() string { return names[m] }
