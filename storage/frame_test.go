package storage

import "testing"

func TestFramesAreValidWhereTheyWereWritten(t *testing.T) {
	f := frame{kind: frameRecord, length: 5, position: 9, durable: 8, content: 77}
	seed := frameSeed(3, 4)
	data := f.append(nil, seed, 100)
	if got, ok := decodeFrame(data, seed, 100); !ok || got != f {
		t.Errorf("decoded %+v, %v, want %+v", got, ok, f)
	}
	for _, other := range []struct {
		seed   uint32
		offset int64
	}{{seed, 101}, {seed, 100 + 1<<32}, {frameSeed(2, 4), 100}, {frameSeed(3, 5), 100}} {
		if got, ok := decodeFrame(data, other.seed, other.offset); ok {
			t.Errorf("decoded %+v elsewhere: %+v", got, other)
		}
	}
}

// What this package never writes is not read either, whatever its checksum says.
func TestImplausibleFramesAreRefused(t *testing.T) {
	for _, f := range []frame{
		{kind: 0, position: 1},
		{kind: 4, position: 1},
		{kind: frameRecord, length: MaxRecord + 1, position: 1},
		{kind: frameRecord, position: 1, durable: 1},
		{kind: frameRecord, position: 1<<64 - 1},
		{kind: frameMark, position: 1, durable: 2},
		{kind: frameMark, position: 1, length: 1},
		{kind: frameStart, position: 1, durable: 2},
	} {
		if got, ok := decodeFrame(f.append(nil, 1, 64), 1, 64); ok {
			t.Errorf("decoded %+v", got)
		}
	}
}
