package slots

import (
	"fmt"
	"testing"

	"github.com/sigurn/crc16"
	"pgregory.net/rapid"
)

var oracle = crc16.MakeTable(crc16.CRC16_XMODEM)

func TestCRC16Vectors(t *testing.T) {
	for text, want := range map[string]uint16{
		"":          0,
		"123456789": 0x31C3, // the check value of the specification's appendix
		"foo":       0xAF96,
		"A":         0x58E5,
	} {
		if got := CRC16([]byte(text)); got != want {
			t.Errorf("CRC16(%q) = %#04x, want %#04x", text, got, want)
		}
	}
}

// Every length up to several words, with each single bit set: this pins each table and each way of reading the head.
func TestCRC16OfEverySingleBitAgreesWithSigurn(t *testing.T) {
	for length := range 40 {
		data := make([]byte, length)
		for bit := range 8 * length {
			data[bit/8] = 1 << (bit % 8)
			if got, want := CRC16(data), crc16.Checksum(data, oracle); got != want {
				t.Fatalf("%d bytes with only bit %d set: %#04x, want %#04x", length, bit, got, want)
			}
			data[bit/8] = 0
		}
	}
}

func TestCRC16AgreesWithSigurn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOf(rapid.Byte()).Draw(t, "data")
		if got, want := CRC16(data), crc16.Checksum(data, oracle); got != want {
			t.Fatalf("%#04x, want %#04x", got, want)
		}
	})
}

func TestSlotOfAKeyAllocatesNothing(t *testing.T) {
	key := []byte("prefix{user:1000}.following")
	if allocations := testing.AllocsPerRun(100, func() { Of(key) }); allocations != 0 {
		t.Errorf("%v allocations", allocations)
	}
}

func BenchmarkCRC16(b *testing.B) {
	for _, size := range []int{8, 16, 32, 64} {
		key := make([]byte, size)
		for i := range key {
			key[i] = byte('a' + i%26)
		}
		b.Run(fmt.Sprintf("sliced/%d", size), func(b *testing.B) {
			for b.Loop() {
				CRC16(key)
			}
		})
		b.Run(fmt.Sprintf("sigurn/%d", size), func(b *testing.B) {
			for b.Loop() {
				crc16.Checksum(key, oracle)
			}
		})
	}
}
