package core

// maxKeptArena bounds the reply and message buffers that survive a Step: one huge reply must not be held for ever.
const maxKeptArena = 4 << 20

// beginEffects takes back what the last Step lent. What has outgrown maxKeptArena is given up, and is what Effect.Kept is about.
func (n *Node) beginEffects() {
	clear(n.effects) // the lent bytes must be collectable
	n.effects = n.effects[:0]
	n.lent = n.lent[:0]
	n.fanOut = 0
	if cap(n.lent) > maxKeptArena {
		n.lent = nil
	}
	n.reply.Buf, n.unsentFrom, n.unsentTo = n.reply.Buf[:0], 0, nil
	if cap(n.reply.Buf) > maxKeptArena {
		n.reply.Buf = nil
	}
}

// emit adds an effect.
func (n *Node) emit(effect Effect) { n.effects = append(n.effects, effect) }

// lend copies bytes into the node's own arena, for an effect whose bytes belong to somebody else.
//
// When the arena grows it moves, and what was lent before stays where it was: the old memory is not written again.
func (n *Node) lend(bytes []byte) []byte {
	start := len(n.lent)
	n.lent = append(n.lent, bytes...)
	return n.lent[start:len(n.lent):len(n.lent)]
}
