package storage

import (
	"fmt"
	"strings"
)

// The sizes that tests of damaged bytes count with.
const (
	FrameSize         = frameSize
	SegmentHeaderSize = segmentHeaderSize
)

// Frame is a place in a segment that holds one frame, with its record.
type Frame struct {
	From, To int64
	Position uint64
	Durable  uint64
	Kind     string
	Record   string
}

// Frames returns the valid frames of a segment's bytes up to the first place without one.
func Frames(data []byte, number uint64) []Frame {
	salt, reason := decodeSegmentHeader(data, number)
	if reason != "" {
		return nil
	}
	var frames []Frame
	seed := frameSeed(number, salt)
	for at := int64(segmentHeaderSize); at+frameSize <= int64(len(data)); {
		f, ok := decodeFrame(data[at:], seed, at)
		end := at + frameSize + int64(f.length)
		if !ok || end > int64(len(data)) {
			break
		}
		frames = append(frames, Frame{
			From: at, To: end, Position: f.position, Durable: f.durable,
			Kind:   [...]string{"", "start", "record", "mark"}[f.kind],
			Record: string(data[at+frameSize : end]),
		})
		at = end
	}
	return frames
}

// Dump draws a segment: its frames, and what is behind them.
func Dump(data []byte, number uint64) string {
	var text strings.Builder
	if _, reason := decodeSegmentHeader(data, number); reason != "" {
		return fmt.Sprintf("%5d  %s\n", 0, reason)
	}
	end := int64(segmentHeaderSize)
	for _, f := range Frames(data, number) {
		fmt.Fprintf(&text, "%5d  %-6s %2d  durable %2d  %s\n", f.From, f.Kind, f.Position, f.Durable, f.Record)
		end = f.To
	}
	if rest := data[end:]; len(rest) > 0 && allZero(rest) {
		fmt.Fprintf(&text, "%5d  %d zeros\n", end, len(rest))
	} else if len(rest) > 0 {
		fmt.Fprintf(&text, "%5d  %d other bytes\n", end, len(rest))
	}
	return text.String()
}
