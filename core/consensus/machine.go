package consensus

import (
	"fmt"
	"math"
	"time"

	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/wire"
)

// never is the instant of a deadline that is not set.
const never = time.Duration(math.MaxInt64)

// StateMachine is what the group agrees on. Its methods are called while Take runs, and must not call the machine.
// All members must make the same of the same calls.
type StateMachine interface {
	// Apply applies a committed proposal, each once. The result, at most MaxResult bytes, goes to whoever proposed it. Data
	// is not to be changed or kept.
	Apply(index uint64, data []byte) (result []byte)
	// AppendState appends the binary form of the state, at most Config.MaxState bytes.
	AppendState(dst []byte) []byte
	// CheckState returns an error if Restore cannot take these bytes. They may come from anywhere.
	CheckState(data []byte) error
	// Restore takes a state that AppendState has written and CheckState accepted, in place of the present one.
	Restore(data []byte)
}

// Machine is a node's part in the consensus group: as a voter, as a learner, or as an observer, who is not in the group and
// can propose and read all the same. Events in, messages and log records out. It is not safe for concurrent use.
//
// Every instant is of the node's monotonic clock. An instant before one given earlier counts as that one. What the calls
// amount to is done in Take, so that proposals which come together share a log record and its sync.
type Machine struct {
	config  Config
	self    wire.NodeID
	source  *random.Stream
	state   StateMachine
	now     time.Duration
	durable *durable
	group   *group
	// raft is nil for an observer.
	raft *raft.RawNode

	appended, persisted uint64 // Invariant: persisted <= appended
	// parked are what raft wants done when records are durable, oldest first.
	parked []parkedStep
	// durableTo is the index up to which the log is known to be on this node's disk.
	durableTo uint64
	applied   uint64
	// confCommit is the commit index up to which the members before the present ones may have counted.
	confCommit uint64
	// confPosition is the position of the record that makes the present members durable.
	confPosition uint64

	role   Role
	term   uint64
	leader uint64 // raft id, 0 if unknown
	// leaderFrom is the first index of this leader's own term: once it is applied, reads and changes of the members may begin.
	leaderFrom uint64
	election   election
	wanted     []wire.NodeID // the voters that there should be
	yielded    uint64        // raft id that this leader has tried last to have lead in its place
	// answeredAt is when members have answered this leader last, by raft id, or joined it. Who is not in it has not answered since leadsFrom.
	answeredAt map[uint64]time.Duration
	leadsFrom  time.Duration
	// changing is the index of the change of the members that this leader has proposed last, changeProposed until that is known.
	changing uint64

	// peers are who an observer asks; hint is the leader as far as a voter has told, horizon an index known to be committed.
	peers   []wire.NodeID
	hint    wire.NodeID
	horizon uint64
	asking  int // position among peers of who is asked next

	proposals     []proposal // of this node
	reads         []read     // of this node
	asked         askedProposals
	confirmations []confirmation
	lastRead      uint64 // number of the last read given to raft
	readContext   uint64 // highest read confirmation that this leader has asked its members for

	leave     leave
	contacts  []Member // senders that are no members as far as this node knows
	transfers []transfer
	incoming  *assembly

	sends   []Send
	records []Record
	answers []Answer
	done    []Read
	taken   bool

	refused                    [ErrorKinds]uint64
	highestTerm, highestCommit uint64 // as Check last saw them
}

// raftProgressType keeps the name of raft's type in one place.
type raftProgressType = raft.ProgressType

// parkedStep is what waits for a log record to be durable.
type parkedStep struct {
	position uint64
	since    time.Duration
	// responses are raft's: those to this node are handed back to it, the others were made messages and are in sends.
	responses []*pb.Message
	sends     [][]Send // Invariant: as long as responses; empty where the response is this node's own
	// first and last are the log's first index written and its last index then; first is 0 if no entry was written.
	first, last uint64
	snapshot    *pb.Snapshot
}

// Bootstrap returns the machine of a new group with this node as its only voter. Its first record is to be durable before
// anybody is told of the group.
func Bootstrap(config Config, now time.Duration, self wire.NodeID, state StateMachine, source *random.Stream) *Machine {
	d, g := found(config, []wire.NodeID{self}, self, state)
	m := newMachine(config, now, self, state, source, d)
	m.group = g
	m.restart(m.durable.checkpointRecord())
	m.applied = 1
	m.startRaft()
	m.leadIfAlone()
	return m
}

// New returns the machine of a node whose log holds these records, in order: none if it was never in a group. The state
// machine is brought to the newest state that is known to be committed. Records of an earlier generation than the
// configuration's are passed over. The error names a record that no machine writes, or one of a later generation.
//
// It panics if the configuration is not valid.
func New(config Config, now time.Duration, self wire.NodeID, state StateMachine, source *random.Stream, records [][]byte) (*Machine, error) {
	d, err := replay(config, records)
	if err != nil {
		return nil, err
	}
	m := newMachine(config, now, self, state, source, d)
	if d.id == 0 {
		return m, nil
	}
	if d.log.snapshotIndex() > 0 {
		if err := m.restore(d.log.snapshot); err != nil {
			return nil, fmt.Errorf("consensus: checkpoint of index %d: %w", d.log.snapshotIndex(), err)
		}
	}
	m.durableTo = d.log.last()
	if m.soleVoter() {
		d.commitAll()
	}
	m.startRaft()
	m.leadIfAlone()
	return m, nil
}

// Resume tells the time at which a machine that was just made begins to run: its timers start then.
func (m *Machine) Resume(now time.Duration) {
	m.enter(now)
	m.hear()
	m.leadIfAlone()
}

// leadIfAlone has the only voter of its group stand for election at once: nobody else could be the leader.
func (m *Machine) leadIfAlone() {
	if m.soleVoter() {
		m.election.campaignAt = m.now
	}
}

func newMachine(config Config, now time.Duration, self wire.NodeID, state StateMachine, source *random.Stream, d *durable) *Machine {
	if err := config.Validate(); err != nil {
		panic(err.Error())
	}
	return &Machine{
		config: config, self: self, source: source, state: state, now: now, durable: d, group: newGroup(),
		asked: askedProposals{byID: map[ProposalID]*askedProposal{}}, election: election{campaignAt: never, forgetAt: never, tickAt: never},
		leave: leave{askAt: never},
	}
}

// startRaft makes raft out of what is durable.
func (m *Machine) startRaft() {
	node, err := raft.NewRawNode(&raft.Config{
		ID:                        m.durable.id,
		ElectionTick:              int(m.config.ElectionTimeout / m.config.HeartbeatInterval),
		HeartbeatTick:             1,
		Storage:                   m.durable.log,
		AsyncStorageWrites:        true,
		MaxSizePerMsg:             uint64(m.config.MaxAppend),
		MaxCommittedSizePerReady:  math.MaxUint64,
		MaxUncommittedEntriesSize: uint64(m.config.MaxUncommitted),
		MaxInflightMsgs:           m.config.MaxInFlight,
		CheckQuorum:               true,
		PreVote:                   true,
		ReadOnlyOption:            raft.ReadOnlySafe,
		Logger:                    tracer{m},
		DisableProposalForwarding: true,
		StepDownOnRemoval:         true,
	})
	if err != nil {
		panic("consensus: raft: " + err.Error())
	}
	m.raft = node
	m.observe()
	m.hear()
}

// restore puts the group and the state machine to a snapshot.
func (m *Machine) restore(snapshot *pb.Snapshot) error {
	g, state, err := readBody(snapshot, m.config.MaxState)
	if err != nil {
		return err
	}
	if err := m.state.CheckState(state); err != nil {
		return err
	}
	m.group = g
	m.applied = snapshot.GetMetadata().GetIndex()
	m.confCommit = m.applied
	m.state.Restore(state)
	return nil
}

// Take does what the calls since the last Take amount to, and returns what they want sent, made durable and told. The
// slices and their bytes are valid until the next call of another method that changes the machine.
func (m *Machine) Take() Output {
	m.enter(m.now)
	m.pump()
	m.taken = true
	return Output{Records: m.records, Sends: m.sends, Answers: m.answers, Reads: m.done}
}

// Output is what a machine wants done.
type Output struct {
	// Records are to be appended to the node's log, in order, and synced. Persisted tells that it is done.
	Records []Record
	// Sends may go out at once: what must wait for a sync comes after Persisted.
	Sends   []Send
	Answers []Answer
	Reads   []Read
}

// Send is a message to carry to a node.
type Send struct {
	To      wire.NodeID
	Payload []byte // at most wire.MaxFrame-wire.Overhead bytes
	// Reliable asks for a stream. What can be lost without harm, and is small, goes as a datagram.
	Reliable bool
}

// enter starts a call: outputs of earlier ones are dropped if they were taken.
func (m *Machine) enter(now time.Duration) {
	m.now = max(m.now, now)
	if m.taken {
		m.taken = false
		m.sends, m.records, m.answers, m.done = nil, nil, nil, nil
	}
}

// Persisted tells that all records up to a position are on the disk. It panics if there is no such record.
func (m *Machine) Persisted(now time.Duration, position uint64) {
	m.enter(now)
	if position > m.appended {
		panic(fmt.Sprintf("consensus: record %d is durable, of %d", position, m.appended))
	}
	m.persisted = max(m.persisted, position)
}

// Advance does what is due. It is to be called when NextDeadline is reached; called earlier it does nothing.
func (m *Machine) Advance(now time.Duration) {
	m.enter(now)
	m.advanceElection()
	m.advanceLeave()
	m.advanceTransfers()
	m.advanceProposals()
	m.advanceReads()
}

// NextDeadline returns when Advance has something to do next; the largest Duration is never.
func (m *Machine) NextDeadline() time.Duration {
	next := min(m.election.tickAt, m.election.forgetAt, m.election.campaignAt, m.leave.askAt)
	for i := range m.transfers {
		next = min(next, m.transfers[i].resendAt)
	}
	for i := range m.proposals {
		next = min(next, m.proposals[i].retryAt, m.proposals[i].deadline)
	}
	for i := range m.reads {
		next = min(next, m.reads[i].retryAt, m.reads[i].deadline)
	}
	return next
}

// write gives a record to the driver.
func (m *Machine) write(record []byte, restart bool) {
	m.appended++
	m.records = append(m.records, Record{Position: m.appended, Bytes: record, Restart: restart})
}

// restart writes a record that makes all earlier ones void.
func (m *Machine) restart(record []byte) { m.write(record, true) }

// retire leaves raft: this node is no member any more. Its raft id is never used again.
func (m *Machine) retire() {
	spent := m.durable.spent
	m.durable = newDurable(m.config.Generation)
	m.durable.spent = spent
	m.leaveRaft()
	m.restart(m.durable.observerRecord())
}

// adopt begins a new life under a raft id that the group's leader has given to this node, with an empty log.
func (m *Machine) adopt(id uint64) {
	m.leaveRaft()
	m.durable = newDurable(m.config.Generation)
	m.durable.id, m.durable.spent = id, id
	m.durable.log.hard = &pb.HardState{Term: new(uint64(0)), Vote: new(uint64(0)), Commit: new(uint64(0))}
	m.restart(m.durable.checkpointRecord())
	m.startRaft()
}

// leaveRaft forgets all of a life in the group but what is durable.
func (m *Machine) leaveRaft() {
	m.raft, m.parked, m.incoming, m.transfers = nil, nil, nil, nil
	m.horizon = max(m.horizon, m.applied)
	if hint, ok := m.group.node(m.leader); ok && hint != m.self {
		m.hint = hint
	}
	if voters := m.otherVoters(); len(voters) > 0 {
		m.peers = voters
	}
	m.group = newGroup()
	m.applied, m.confCommit, m.durableTo, m.contacts = 0, 0, 0, nil
	m.leave, m.confPosition = leave{askAt: never}, 0
	m.role, m.term, m.leader, m.leaderFrom, m.changing = Observer, 0, 0, 0, 0
	m.highestTerm, m.highestCommit = 0, 0
	m.election = election{campaignAt: never, forgetAt: never, tickAt: never}
	m.dropAsked()
}
