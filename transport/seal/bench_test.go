package seal

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
)

func benchmarkSizes(b *testing.B, sizes []int, run func(b *testing.B, data []byte)) {
	for _, size := range sizes {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			run(b, make([]byte, size))
		})
	}
}

// BenchmarkDatagram seals and opens one datagram.
func BenchmarkDatagram(b *testing.B) {
	benchmarkSizes(b, []int{100, MaxDatagram}, func(b *testing.B, data []byte) {
		n := newNetwork(b, oldWord, oldWord)
		n.send(0, 1, "x")
		for b.Loop() {
			if opened, err := n.machines[1].Open(address(0), n.machines[0].Seal(address(1), data)); !opened.HasData {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkStranger refuses one datagram of somebody who knows all but the secret.
func BenchmarkStranger(b *testing.B) {
	n := newNetwork(b, oldWord, oldWord)
	n.send(0, 1, "x")
	packet := bytes.Clone(n.machines[0].Seal(address(1), make([]byte, 100)))
	packet[atSender]++
	b.ReportAllocs()
	for b.Loop() {
		if _, err := n.machines[1].Open(address(0), packet); err == nil {
			b.Fatal("taken")
		}
	}
}

// BenchmarkStream seals bytes of one call and opens them in the pieces in which a socket is read.
func BenchmarkStream(b *testing.B) {
	benchmarkSizes(b, []int{100, 1 << 20}, func(b *testing.B, data []byte) {
		p := openPair(b)
		var room []byte
		for b.Loop() {
			room = p.opener.Seal(room[:0], data)
			arrived := 0
			for piece := range slices.Chunk(room, 64<<10) {
				arrived += len(p.receive(p.acceptor, piece).Data)
			}
			if arrived != len(data) {
				b.Fatalf("%d bytes arrived", arrived)
			}
		}
	})
}
