package core

import (
	"fmt"
	"slices"
	"time"

	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/topology"
)

// closing has imports ended at the word of this node, their target, which takes no more keys of the slots from then on. Since the
// end may come about whenever it was proposed, nothing but a decision lets it take keys again. So it has the end proposed until there
// is one: a node that takes no keys while others send clients to it would serve nobody.
//
//	STABLE ─► closing ── propose ──► ended: the mark has gone
//	             ▲  │ └── refused ─► takes keys again
//	             └──┘ outcome unknown: once more after closeInterval, through another node if there is no log to propose with
type closing struct {
	// closingImports are those which take no more keys. Invariant: the configuration has the marks, and this node is their target.
	closingImports []closingImport
}

type closingImport struct {
	topology.Mark
	// retryAt is when the end is proposed next, Never while that is under way.
	retryAt time.Duration
}

// closeInterval is the time between an end whose outcome is unknown and the next try.
const closeInterval = time.Second

func (c *closing) indexOf(slot slots.Slot) int {
	return slices.IndexFunc(c.closingImports, func(i closingImport) bool { return i.Slot == slot })
}

// refreshClosing follows a change of the configuration: of an import that has ended there is nothing to close.
func (n *Node) refreshClosing() {
	n.closingImports = slices.DeleteFunc(n.closingImports, func(i closingImport) bool {
		mark, marked := n.state.MarkOf(i.Slot)
		return !marked || mark != i.Mark || !n.importing.Contains(i.Slot)
	})
}

// closeImport has the end of an import decided, of whose slot this node holds no key.
func (n *Node) closeImport(mark topology.Mark, done ended) {
	i := n.closing.indexOf(mark.Slot)
	if i < 0 {
		i = len(n.closingImports)
		n.closingImports = append(n.closingImports, closingImport{Mark: mark})
	}
	n.closingImports[i].retryAt = Never
	own, _ := n.state.ShardOf(n.self)
	change := topology.CloseImports{Target: own.ID, Epoch: own.Epoch, Boot: n.boot, Version: n.state.Version, Slots: onlySlot(mark.Slot)}
	err := n.proposeOwn(change, func(result topology.Result, err error) {
		if err == nil && result.Err != nil { // and so will be whatever was proposed before
			n.reopenImport(mark)
			err = result.Err
		}
		n.closeLater(mark)
		done(n.state.Version, err)
	})
	if err != nil {
		n.closeLater(mark)
		done(0, err)
	}
}

func (n *Node) reopenImport(mark topology.Mark) {
	n.closingImports = slices.DeleteFunc(n.closingImports, func(i closingImport) bool { return i.Mark == mark })
}

// closeLater has the end proposed once more, unless it is decided by then.
func (n *Node) closeLater(mark topology.Mark) {
	if i := n.closing.indexOf(mark.Slot); i >= 0 && n.closingImports[i].Mark == mark {
		n.closingImports[i].retryAt = n.at.Now + closeInterval
	}
}

// advanceClosing has ends proposed once more whose outcome is not known.
func (n *Node) advanceClosing() {
	if n.closingDeadline() > n.at.Now {
		return
	}
	for _, i := range slices.Clone(n.closingImports) {
		if i.retryAt <= n.at.Now {
			n.closeImport(i.Mark, func(uint64, error) {})
		}
	}
}

// closingDeadline returns when an end is to be proposed once more.
func (n *Node) closingDeadline() time.Duration {
	deadline := Never
	for i := range n.closingImports {
		deadline = min(deadline, n.closingImports[i].retryAt)
	}
	return deadline
}

func (n *Node) checkClosing() error {
	for _, i := range n.closingImports {
		if mark, marked := n.state.MarkOf(i.Slot); !marked || mark != i.Mark || !n.importing.Contains(i.Slot) {
			return fmt.Errorf("core: the import of slot %d is to be closed, which is not open", i.Slot)
		}
	}
	return nil
}
