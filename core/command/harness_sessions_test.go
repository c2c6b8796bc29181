package command

import (
	"time"

	"github.com/ember-cluster/ember/core/session"
)

// The testNode has one connection, nobody to push to, and no process to stop.

func (n *testNode) Lend(message []byte) []byte        { return message }
func (n *testNode) Push(*session.Session, []byte)     {}
func (n *testNode) Execute(*Context)                  { panic("a testNode queues no commands") }
func (n *testNode) Broadcast(bool, []byte, []byte)    {}
func (n *testNode) Disconnect(*session.Session)       {}
func (n *testNode) Pause(bool, time.Duration)         {}
func (n *testNode) Unpause()                          {}
func (n *testNode) Describe(*session.Session) Buffers { return Buffers{} }
func (n *testNode) SettingsChanged()                  {}
func (n *testNode) Reconfigure(*Settings) error       { return nil }
func (n *testNode) RewriteParameters() error          { return NoConfigFile() }
func (n *testNode) ResetCounters()                    {}
func (n *testNode) SetActiveExpiry(bool)              {}
func (n *testNode) Stop(StopOptions)                  {}

// equipSessions gives the context what commands about connections need.
func (n *testNode) equipSessions() {
	settings := DefaultSettings()
	n.context.Sessions = session.NewRegistry(n)
	n.context.Settings, n.context.Statistics = &settings, NewStatistics()
	n.context.Unmuted = &n.writer
}

func (n *testNode) Memory() MemoryReport {
	memory := n.context.Space.Memory()
	return MemoryReport{Used: memory.Used(), Peak: 2 * memory.Used(), Resident: 2 * memory.Total(), Space: memory}
}

func (n *testNode) Continue(rest Continuation) {
	for {
		if parts, done := rest(n.context.Wall); done {
			for _, part := range parts {
				n.context.Reply.Raw(part)
			}
			return
		}
	}
}
