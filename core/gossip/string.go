package gossip

import (
	"fmt"
	"strings"

	"github.com/ember-cluster/ember/core/wire"
)

// String shows the machine on one page: a line about itself, then a line per member in the order of ids.
func (m *Machine) String() string {
	var b strings.Builder
	own := &m.members.slots[self]
	fmt.Fprintf(&b, "%s %v incarnation=%d version=%d local-health=%d", short(own.id), own.health, own.incarnation, m.version, m.localHealth)
	if m.probe.stage != resting {
		fmt.Fprintf(&b, " probing=%s", short(m.members.slots[m.probe.target].id))
	}
	if sends := m.rumours.all[self].sends; sends != notQueued {
		fmt.Fprintf(&b, " sends=%d", sends)
	}
	b.WriteByte('\n')
	for _, s := range m.members.sorted() {
		if s != self {
			m.writeMember(&b, s)
		}
	}
	return b.String()
}

func (m *Machine) writeMember(b *strings.Builder, s slot) {
	member := &m.members.slots[s]
	fmt.Fprintf(b, "  %s %v incarnation=%d", short(member.id), member.health, member.incarnation)
	if member.version > 0 {
		fmt.Fprintf(b, " version=%d", member.version)
	}
	if member.suspicion != none {
		running := &m.suspicions.all[member.suspicion]
		fmt.Fprintf(b, " confirmations=%d due=%v", running.count-1, running.due)
	}
	if sends := m.rumours.all[s].sends; sends != notQueued {
		fmt.Fprintf(b, " sends=%d", sends)
	}
	if member.contested {
		b.WriteString(" contested")
	}
	b.WriteByte('\n')
}

// short is enough of an id to tell members apart in a trace.
func short(id wire.NodeID) string { return id.String()[:8] }

var kindNames = [...]string{
	ping: "ping", ack: "ack", nack: "nack", pingReq: "ping-req", gossip: "gossip", state: "state", stateReply: "state-reply",
}

// Describe shows a message as text, for traces. Of bytes that are no message it shows the error.
func Describe(payload []byte) string {
	msg, err := decode(payload)
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	b.WriteString(kindNames[msg.kind])
	if msg.sequence != 0 {
		fmt.Fprintf(&b, " #%d", msg.sequence)
	}
	if msg.kind == pingReq {
		fmt.Fprintf(&b, " target=%s", short(msg.target))
	}
	fmt.Fprintf(&b, " incarnation=%d", msg.incarnation)
	if msg.version != 0 {
		fmt.Fprintf(&b, " version=%d", msg.version)
	}
	for r := wire.NewReader(msg.claims); r.Len() > 0; {
		c := readClaim(&r)
		fmt.Fprintf(&b, " %v(%s,%d", c.health, short(c.node), c.incarnation)
		if c.health == Suspect {
			fmt.Fprintf(&b, ",by %s", short(c.accuser))
		}
		b.WriteByte(')')
	}
	return b.String()
}
