package gossip

import "github.com/ember-cluster/ember/core/marks"

// armGossip schedules the next round of gossip, if none is scheduled. Rounds lie on a grid with a phase of this
// machine's own, so that the machines of a group do not speak in chorus; with nothing to tell there is none.
func (m *Machine) armGossip() {
	if m.gossipAt != never || m.left || m.alone() {
		return
	}
	interval := m.config.GossipInterval
	m.gossipAt = m.now + interval - (m.now-m.phase)%interval
}

// gossipRound tells some random members what there is to tell. Failure detection alone would carry rumours on one
// ping and ack a period; these rounds spread them faster (Lifeguard, section V: the measured implementation).
func (m *Machine) gossipRound() {
	if m.now < m.gossipAt {
		return
	}
	m.gossipAt = never
	m.tellContested(m.config.GossipNodes)
	living := m.members.drawLiving(m.config.GossipNodes, m.source)
	heard := false
	for i := 0; i < m.config.GossipNodes && m.hasNews(); i++ {
		if to := m.gossipTarget(living, i); to != none {
			m.send(to, message{kind: gossip})
			m.versionSends = max(m.versionSends-1, 0)
			heard = true
		}
	}
	// With nobody to hear it the news waits, and the first member that comes back to life arms the next round.
	if heard && m.hasNews() || len(m.contested) > 0 {
		m.armGossip()
	}
}

// Quiet reports whether this machine has nothing to tell that others may not know: every rumour has been sent as often as it is
// entitled to. A group in which nothing happens falls quiet, but for its probes and exchanges.
// One who is alone has nobody to tell it.
func (m *Machine) Quiet() bool { return m.alone() || !m.hasNews() && len(m.contested) == 0 }

func (m *Machine) hasNews() bool { return m.rumours.count > 0 || m.versionSends > 0 }

// gossipTarget returns the i-th member to tell: the i-th of those drawn from the living. The first place goes, as
// often as is its share, to one that died so recently that it should learn of it soon.
func (m *Machine) gossipTarget(living []slot, i int) slot {
	if absent := m.members.absent; i == 0 && len(absent) > 0 {
		if r := m.source.IntN(len(m.members.living) + len(absent)); r < len(absent) {
			member := &m.members.slots[absent[r]]
			if member.health == Dead && m.now-m.members.times[absent[r]].changed < m.config.GossipToTheDead {
				m.marks.Hit(marks.GossipToTheDead)
				return absent[r]
			}
		}
	}
	if i < len(living) {
		return living[i]
	}
	return none
}

// armReconnect schedules the first attempt to reach an absent member.
func (m *Machine) armReconnect() {
	if m.reconnectAt != never {
		return
	}
	m.reconnectAt = m.now + m.source.Duration(m.config.ReconnectInterval/2, m.config.ReconnectInterval)
}

// reconnect pings some member that is held dead, for as long as there is one. The ping opens with the accusation, so
// a member that was only cut off refutes it however long the partition has lasted, and the ack brings its new
// incarnation here. Members that left are pinged too: two that left and came back at the same time may each hold the
// other as gone, and would never speak again.
func (m *Machine) reconnect() {
	if m.now < m.reconnectAt {
		return
	}
	absent := m.members.absent
	if len(absent) == 0 {
		m.reconnectAt = never
		return
	}
	m.marks.Hit(marks.Reconnect)
	m.reconnectAt = m.now + m.config.ReconnectInterval
	m.send(absent[m.source.IntN(len(absent))], message{kind: ping})
}

// exchangeAfterReturn follows up when this node has learnt that it was held dead. If it suspects others or holds them
// dead in turn, they may all have been cut off from each other, so it compares its view of everyone with that of the
// member it has it from. It is the returning node that does this, at most once an interval, since there may be a
// thousand who welcome it.
func (m *Machine) exchangeAfterReturn(with slot) {
	if m.now < m.returnAt || len(m.members.absent)+len(m.suspicions.heap) == 0 {
		return
	}
	m.marks.Hit(marks.ExchangeAfterReturn)
	m.returnAt = m.now + m.config.ReconnectInterval
	m.sendState(with, state)
}
