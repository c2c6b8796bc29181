package seal

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// A network of machines, each at the address of its place. Packets go where they are sent, at once.
type network struct {
	t        testing.TB
	machines []*Datagrams
	lives    int
	// got are the contents that arrived, sent all packets with the machine that sent them.
	got  []string
	sent []sentPacket
}

type sentPacket struct {
	from int
	Packet
}

func newNetwork(t testing.TB, secrets ...string) *network {
	n := &network{t: t}
	for i, secret := range secrets {
		n.machines = append(n.machines, NewDatagrams(ring(t, secret), counting(uint64(i))))
	}
	return n
}

// restart gives a machine a new life.
func (n *network) restart(i int) {
	n.lives++
	n.machines[i] = NewDatagrams(n.machines[i].ring, counting(uint64(1000+n.lives)))
}

// send lets a machine send, and everything arrive that comes of it. The errors are those of all that arrived.
func (n *network) send(from, to int, text string) (errs []error) {
	packet := n.machines[from].Seal(address(to), []byte(text))
	return n.deliver(sentPacket{from, Packet{address(to), bytes.Clone(packet)}})
}

func (n *network) deliver(first sentPacket) (errs []error) {
	for queue := []sentPacket{first}; len(queue) > 0; queue = queue[1:] {
		p := queue[0]
		if len(p.Bytes) > 1400 {
			n.t.Errorf("a packet of %d bytes", len(p.Bytes))
		}
		n.sent = append(n.sent, p)
		at := n.placeOf(p.Packet)
		opened, err := n.machines[at].Open(address(p.from), p.Bytes)
		if err != nil {
			errs = append(errs, err)
		}
		if opened.HasData {
			n.got = append(n.got, fmt.Sprintf("%d>%d %s", p.from, at, opened.Data))
		}
		for _, answer := range opened.Answers {
			queue = append(queue, sentPacket{at, Packet{answer.To, bytes.Clone(answer.Bytes)}})
		}
	}
	return errs
}

func (n *network) placeOf(p Packet) int {
	for i := range n.machines {
		if address(i) == p.To {
			return i
		}
	}
	n.t.Fatalf("nobody is at %v", p.To)
	return 0
}

// expect fails the test unless just these contents have arrived since it was asked last.
func (n *network) expect(want ...string) {
	n.t.Helper()
	if !slices.Equal(n.got, want) {
		n.t.Errorf("arrived %q, want %q", n.got, want)
	}
	n.got = nil
}

// last returns the newest packet.
func (n *network) last() sentPacket { return n.sent[len(n.sent)-1] }

// replay delivers a packet once more, and returns the one refusal that this must give.
func (n *network) replay(p sentPacket) error {
	n.t.Helper()
	errs := n.deliver(p)
	if len(errs) != 1 {
		n.t.Fatalf("refused %v, want one refusal", errs)
	}
	return errs[0]
}

func TestDatagramsArrive(t *testing.T) {
	n := newNetwork(t, oldWord, oldWord)
	n.send(0, 1, "first")
	n.send(1, 0, "answer")
	n.send(0, 1, "")
	n.expect("0>1 first", "1>0 answer", "0>1 ")
	n.send(0, 1, string(make([]byte, MaxDatagram)))
	if got := len(n.last().Bytes); got != 1400 {
		t.Errorf("the largest datagram has %d bytes", got)
	}
}

// Whatever waits for a session arrives with it, the newest ones.
func TestDatagramsWaitForTheSession(t *testing.T) {
	n := newNetwork(t, oldWord, oldWord)
	var hello []byte
	for i := range maxKept + 2 {
		hello = bytes.Clone(n.machines[0].Seal(address(1), fmt.Append(nil, i))) // the questions before it are lost
	}
	n.deliver(sentPacket{0, Packet{address(1), hello}})
	n.expect("0>1 2", "0>1 3", "0>1 4", "0>1 5", "0>1 6", "0>1 7", "0>1 8", "0>1 9")
}

// TestForgery changes each byte of each kind of packet: none is taken, none changes anything, and the true one is.
func TestForgery(t *testing.T) {
	n := newNetwork(t, oldWord, oldWord)
	n.send(0, 1, "kinds: hello, welcome, data")
	n.restart(1)
	n.send(0, 1, "stale")
	n.got = nil
	for _, original := range slices.Clone(n.sent) {
		for i := range original.Bytes {
			forged := original
			forged.Bytes = bytes.Clone(original.Bytes)
			forged.Bytes[i] ^= 1 << (i % 8)
			for at := range n.machines {
				forged.To = address(at)
				if errs := n.deliver(forged); len(errs) != 1 {
					t.Errorf("kind %d with byte %d changed: refused %v", original.Bytes[atVersionAndKind]&15, i, errs)
				}
			}
		}
		for size := range original.Bytes {
			cut := original
			cut.Bytes = original.Bytes[:size]
			if errs := n.deliver(cut); len(errs) != 1 {
				t.Errorf("the first %d bytes: refused %v", size, errs)
			}
		}
		longer := original
		longer.Bytes = append(bytes.Clone(original.Bytes), 0)
		n.replay(longer)
	}
	n.expect()
	n.send(0, 1, "true")
	n.expect("0>1 true")
}

func TestForgeryIsRefusedAsWhatItIs(t *testing.T) {
	n := newNetwork(t, oldWord, oldWord)
	n.send(0, 1, "x")
	data := sentPacket{0, Packet{address(1), bytes.Clone(n.machines[0].Seal(address(1), []byte("data")))}}
	changed := func(i int) sentPacket {
		forged := data
		forged.Bytes = bytes.Clone(data.Bytes)
		forged.Bytes[i] ^= 0x40
		return forged
	}
	refused(t, "magic", n.replay(changed(0)), NotSealed)
	refused(t, "version", n.replay(changed(atVersionAndKind)), BadVersion)
	refused(t, "secret", n.replay(changed(atKeyID)), UnknownSecret)
	refused(t, "sender", n.replay(changed(atSender)), Forged)
	refused(t, "receiver", n.replay(changed(atReceiver)), Forged)
	refused(t, "number", n.replay(changed(atNumber)), Forged)
	refused(t, "content", n.replay(changed(headerSize)), Forged)
	refused(t, "tag", n.replay(changed(len(data.Bytes)-1)), Forged)
	short := data
	short.Bytes = data.Bytes[:Overhead-1]
	refused(t, "short", n.replay(short), Truncated)
	short.Bytes = nil
	refused(t, "empty", n.replay(short), NotSealed)
	short.Bytes = []byte("EMBR and so on, as a node without a secret has it")
	refused(t, "not sealed", n.replay(short), NotSealed)
}

func TestReplay(t *testing.T) {
	n := newNetwork(t, oldWord, oldWord, oldWord)
	n.send(0, 1, "x")
	n.send(0, 1, "pay")
	pay := n.last()
	n.got = nil
	refused(t, "at once", n.replay(pay), Replayed)
	for range 2 * windowSize {
		n.send(0, 1, "and so on")
	}
	n.got = nil
	refused(t, "behind the window", n.replay(pay), Replayed)
	astray := pay
	astray.To = address(2)
	refused(t, "to another node", n.deliver(astray)[0], StaleSession)
	n.restart(1)
	refused(t, "to the receiver's next life", n.deliver(pay)[0], StaleSession)
	n.send(0, 1, "lost, it tells of the new session")
	n.send(0, 1, "heard")
	n.got = nil
	refused(t, "when that is in use", n.deliver(pay)[0], StaleSession)
	n.restart(0)
	n.send(0, 1, "from the sender's next life")
	n.got = nil
	refused(t, "when the sender has a new one too", n.deliver(pay)[0], StaleSession)
	n.expect()
}

// A recorded question is answered, an answer is a question's once, and neither changes where anything is sent.
func TestReplayOfTheHandshake(t *testing.T) {
	n := newNetwork(t, oldWord, oldWord, oldWord)
	n.send(0, 1, "x")
	hello, welcome := n.sent[0], n.sent[1]
	n.got = nil
	hello.from = 2 // from wherever
	errs := n.deliver(hello)
	refused(t, "the answer to a recorded question", errs[0], StaleSession)
	refused(t, "a recorded answer", n.replay(welcome), Unsolicited)
	n.restart(1)
	refused(t, "a recorded answer of an earlier life", n.replay(welcome), Unsolicited)
	n.restart(0)
	refused(t, "a recorded answer to an earlier life", n.replay(welcome), StaleSession)
	n.expect()
}

func TestReorder(t *testing.T) {
	n := newNetwork(t, oldWord, oldWord)
	n.send(0, 1, "x")
	n.got = nil
	var packets []sentPacket
	for i := range windowSize {
		packets = append(packets, sentPacket{0, Packet{address(1), bytes.Clone(n.machines[0].Seal(address(1), fmt.Append(nil, i)))}})
	}
	for _, p := range slices.Backward(packets) {
		n.deliver(p)
	}
	if len(n.got) != windowSize || n.got[windowSize-1] != "0>1 0" {
		t.Errorf("%d of %d arrived, the first one last: %q", len(n.got), windowSize, n.got[len(n.got)-1])
	}
}

func TestReflection(t *testing.T) {
	n := newNetwork(t, oldWord, oldWord)
	n.send(0, 1, "x")
	n.restart(1)
	n.send(0, 1, "y") // now there is one of each kind
	kinds := map[packetKind]bool{}
	for _, p := range slices.Clone(n.sent) {
		if h, _ := parseHeader(p.Bytes); h.sender != n.machines[p.from].session {
			continue // of an earlier life: see TestReplay
		}
		kinds[packetKind(p.Bytes[atVersionAndKind]&15)] = true
		p.To = address(p.from)
		refused(t, "back to its sender", n.replay(p), Reflected)
	}
	if len(kinds) != 4 {
		t.Errorf("kinds %v, want all four", kinds)
	}
}

func TestWrongSecret(t *testing.T) {
	n := newNetwork(t, oldWord, newWord)
	refused(t, "another cluster's", n.send(0, 1, "x")[0], UnknownSecret)
	n.expect()
	// One who knows the id of the secret, which is no secret, still needs the secret.
	hello := n.last()
	copy(hello.Bytes[atKeyID:], n.machines[1].ring.first().id[:])
	refused(t, "under a false id", n.replay(hello), Forged)
}

// TestRotation changes the secret node by node, in the three rounds that doc.go names: nothing is lost at any time.
func TestRotation(t *testing.T) {
	n := newNetwork(t, oldWord, oldWord, oldWord)
	all := func(when string) {
		t.Helper()
		var want []string
		for from := range n.machines {
			for to := range n.machines {
				if from != to {
					want = append(want, fmt.Sprintf("%d>%d %s", from, to, when))
					if errs := n.send(from, to, when); len(errs) > 0 {
						t.Errorf("%s: %d to %d: %v", when, from, to, errs)
					}
				}
			}
		}
		n.expect(want...)
	}
	all("before")
	recorded := n.last()
	for _, secrets := range []string{oldWord + " " + newWord, newWord + " " + oldWord, newWord} {
		for i := range n.machines {
			n.machines[i].SetRing(ring(t, secrets))
			all(fmt.Sprintf("node %d has %d secrets", i, len(n.machines[i].ring.secrets)))
		}
		if len(n.machines[0].ring.secrets) == 2 {
			refused(t, "a replay under the old secret", n.replay(recorded), Replayed)
		}
	}
	refused(t, "the old secret", n.replay(recorded), UnknownSecret)
}

// TestRestart restarts either side: the first datagrams to the new life are lost, as datagrams may be, the next ones arrive.
func TestRestart(t *testing.T) {
	n := newNetwork(t, oldWord, oldWord)
	n.send(0, 1, "x")
	n.restart(1)
	n.got = nil
	refused(t, "to the earlier life", n.send(0, 1, "lost")[0], StaleSession)
	n.send(0, 1, "heard")
	n.expect("0>1 heard")
	n.restart(0)
	n.send(0, 1, "at once")
	n.send(1, 0, "at once")
	n.expect("0>1 at once", "1>0 at once")
}

// Two addresses of one node: both recover from its restart, and no key meets a number twice.
func TestTwoAddressesOfOneNode(t *testing.T) {
	a, b := NewDatagrams(ring(t, oldWord), counting(1)), NewDatagrams(ring(t, oldWord), counting(2))
	send := func(to int, text string) (got string) {
		queue := []Packet{{address(to), bytes.Clone(a.Seal(address(to), []byte(text)))}}
		for ; len(queue) > 0; queue = queue[1:] {
			machine := b
			if queue[0].To == address(0) {
				machine = a
			}
			opened, _ := machine.Open(address(0), queue[0].Bytes)
			if opened.HasData {
				got += string(opened.Data)
			}
			for _, answer := range opened.Answers {
				queue = append(queue, Packet{answer.To, bytes.Clone(answer.Bytes)})
			}
		}
		return got
	}
	for life := range 3 {
		b = NewDatagrams(ring(t, oldWord), counting(uint64(10+life)))
		send(1, "lost")
		if one, two := send(1, "one"), send(2, "two"); one != "one" || two != "two" {
			t.Errorf("life %d: arrived %q and %q", life, one, two)
		}
	}
}

// TestManySenders fills the table of those that datagrams have come from: a new session begins, so that nothing can be
// repeated, and all goes on.
func TestManySenders(t *testing.T) {
	n := newNetwork(t, oldWord, oldWord)
	n.send(0, 1, "recorded")
	recorded, session := n.last(), n.machines[1].session
	for i := range maxSenders - 1 {
		n.machines[1].senders[Session{1, byte(i >> 8), byte(i)}] = &sender{}
	}
	n.send(0, 1, "known already")
	n.restart(0)
	n.send(0, 1, "one too many, it comes with the next one")
	n.got = nil
	n.send(0, 1, "next")
	n.expect("0>1 next")
	if n.machines[1].session == session || len(n.machines[1].senders) != 1 {
		t.Errorf("the session is %x, with %d senders", n.machines[1].session, len(n.machines[1].senders))
	}
	refused(t, "a datagram of before", n.deliver(recorded)[0], StaleSession)
}

func TestManyPeers(t *testing.T) {
	d := NewDatagrams(ring(t, oldWord), counting(1))
	for i := range maxPeers + 1 {
		d.Seal(address(i), []byte("x"))
	}
	if len(d.peers) != 1 || len(d.asked) != 1 {
		t.Errorf("%d peers and %d questions are kept", len(d.peers), len(d.asked))
	}
}

// Keys change with the upper bits of the number, at both ends.
func TestGenerations(t *testing.T) {
	n := newNetwork(t, oldWord, oldWord)
	n.send(0, 1, "a")
	for _, number := range []uint64{1<<generationBits - 1, 5<<generationBits - 1} {
		n.machines[0].number = number
		n.send(0, 1, "last of a generation")
		before := n.last()
		n.send(0, 1, "first of the next")
		n.got = nil
		if h, _ := parseHeader(n.last().Bytes); h.generation() != number>>generationBits+1 {
			t.Errorf("generation %d", h.generation())
		}
		refused(t, "replay over generations", n.replay(before), Replayed)
	}
}

// TestChaos draws losses, repetitions, restarts and a clumsy adversary: nothing arrives twice or at another node than it was
// sent to, nothing is invented, and in the end every node reaches every other.
func TestChaos(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		const nodes = 3
		n := newNetwork(t, oldWord, oldWord, oldWord)
		seen := map[string]bool{}
		node := rapid.IntRange(0, nodes-1)
		check := func() {
			for _, arrived := range n.got {
				var from, to, number int
				if _, err := fmt.Sscanf(arrived, "%d>%d", &from, &to); err != nil {
					rt.Fatal(err)
				}
				var wantFrom, wantTo int
				if _, err := fmt.Sscanf(arrived[4:], "%d to %d: %d", &wantFrom, &wantTo, &number); err != nil || to != wantTo || seen[arrived[4:]] {
					rt.Fatalf("arrived %q, twice: %v", arrived, seen[arrived[4:]])
				}
				seen[arrived[4:]] = true
			}
			n.got = nil
		}
		for step := range rapid.IntRange(1, 60).Draw(rt, "steps") {
			switch rapid.IntRange(0, 5).Draw(rt, "what") {
			case 0:
				n.restart(node.Draw(rt, "restarted"))
			case 1, 2:
				if len(n.sent) > 0 {
					p := rapid.SampledFrom(n.sent).Draw(rt, "recorded")
					p.To, p.from = address(node.Draw(rt, "at")), node.Draw(rt, "from")
					n.deliver(p)
				}
			case 3:
				from, to := node.Draw(rt, "from"), node.Draw(rt, "to")
				n.machines[from].Seal(address(to), fmt.Appendf(nil, "%d to %d: %d", from, to, step)) // lost
			default:
				if from, to := node.Draw(rt, "from"), node.Draw(rt, "to"); from != to {
					n.send(from, to, fmt.Sprintf("%d to %d: %d", from, to, step))
				}
			}
			check()
		}
		numbers := map[string][]byte{}
		for _, p := range n.sent {
			key := fmt.Sprintf("%x %x", p.Bytes[atSender:atReceiver], p.Bytes[atNumber:headerSize])
			if other := numbers[key]; other != nil && !bytes.Equal(other, p.Bytes) {
				rt.Fatalf("two packets have the session and number %s", key)
			}
			numbers[key] = p.Bytes
		}
		for from := range nodes {
			for to := range nodes {
				if from != to {
					n.send(from, to, "-1") // may tell of a new session
					n.got = nil
					n.send(from, to, "at last")
					if len(n.got) != 1 {
						rt.Fatalf("%d does not reach %d", from, to)
					}
				}
			}
		}
	})
}
