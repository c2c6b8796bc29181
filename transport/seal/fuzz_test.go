package seal

import (
	"bytes"
	"testing"
)

// FuzzOpen gives a machine any packet: it must refuse, and go on as if nothing had been.
func FuzzOpen(f *testing.F) {
	n := newNetwork(f, oldWord, oldWord)
	n.send(0, 1, "x")
	n.restart(1)
	n.send(0, 1, "y")
	for _, p := range n.sent {
		f.Add(p.Bytes)
	}
	f.Add([]byte("EMBR"))
	f.Fuzz(func(t *testing.T, packet []byte) {
		n := newNetwork(t, oldWord, oldWord)
		for i := range n.machines { // the packets above are of other sessions
			n.machines[i] = NewDatagrams(ring(t, oldWord), counting(uint64(50+i)))
		}
		n.send(0, 1, "before")
		senders := len(n.machines[1].senders)
		opened, err := n.machines[1].Open(address(0), packet)
		if opened.HasData || len(n.machines[1].senders) != senders || err == nil && len(opened.Answers) != 1 {
			t.Fatalf("taken as %+v, %v", opened, err)
		}
		for _, answer := range opened.Answers {
			if len(answer.Bytes) > len(packet)+16 {
				t.Fatalf("%d bytes are answered by %d", len(packet), len(answer.Bytes))
			}
		}
		if errs := n.send(0, 1, "after"); len(errs) > 0 {
			t.Fatalf("afterwards: %v", errs)
		}
		n.expect("0>1 before", "0>1 after")
	})
}

// FuzzStream gives both ends any bytes, whole and in pieces: neither confirms, and both judge the same.
func FuzzStream(f *testing.F) {
	p := openPair(f)
	f.Add(p.fromOpener, 7)
	f.Add(p.fromAcceptor, 40)
	f.Add([]byte("EMBR"), 1)
	f.Fuzz(func(t *testing.T, data []byte, cut int) {
		cut = max(0, min(cut, len(data)))
		for _, side := range []string{"opener", "acceptor"} {
			make := func() *Stream {
				if side == "acceptor" {
					return AcceptStream(ring(t, oldWord), Session{2}, counting(90))
				}
				s, _ := OpenStream(ring(t, oldWord), Session{1}, counting(91))
				return s
			}
			whole, pieces := make(), make()
			one, wholeErr := whole.Receive(data)
			first, pieceErr := pieces.Receive(data[:cut])
			sent := bytes.Clone(first.Send)
			if pieceErr == nil {
				var second Received
				second, pieceErr = pieces.Receive(data[cut:])
				sent = append(sent, second.Send...)
			}
			if whole.confirmed || pieces.confirmed || len(one.Data) > 0 {
				t.Fatalf("the %s takes a stranger's bytes", side)
			}
			if (wholeErr == nil) != (pieceErr == nil) || wholeErr != nil && wholeErr.Error() != pieceErr.Error() || !bytes.Equal(one.Send, sent) {
				t.Fatalf("the %s says %v of the whole, %v of the pieces", side, wholeErr, pieceErr)
			}
		}
	})
}
