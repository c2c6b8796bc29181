package resp

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// What is read at once is what the general path reads, and what is wrong is wrong in the same way.
func TestQuickValuesAgreeWithTheGeneralPath(t *testing.T) {
	pieces := rapid.SampledFrom([]string{
		"$0\r\n\r\n", "$1\r\na\r\n", "$11\r\nhello\r\nhell\r\n", "$2\r\nab\r", "$1\r\nab\r\n", "$01\r\na\r\n", "$-1\r\n", "$-1\r", "$-2\r\n",
		"$1\rx", "$1\r\r\n", "+OK\r\n", "+O\rK\r\n", "+O\nK\r\n", "+\r\n", "+OK\r", "+OK", ":0\r\n", ":-17\r\n", ":+5\r\n", ":01\r\n", ":\r\n",
		":99999999999999999999\r\n", "_\r\n", "_x\r\n", "_\r", "*2\r\n", "*1\r\n", "%1\r\n", "-ERR\r\n", "#t\r\n", "\r\n", "+a text that is longer than most\r\n",
	})
	checkOften(t, func(t *rapid.T) {
		data := []byte(strings.Join(rapid.SliceOfN(pieces, 1, 5).Draw(t, "pieces"), ""))
		quick := ValueParser{}
		general := ValueParser{Limits: ReplyLimits{MaxLine: defaultMaxInline}} // which is a limit, though as usual
		for end := 0; end <= len(data); end += rapid.IntRange(1, 9).Draw(t, "step") {
			got, size, err := quick.Next(data[:end])
			want, wantSize, wantErr := general.Next(data[:end])
			if size != wantSize || fmt.Sprint(err) != fmt.Sprint(wantErr) || fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
				t.Fatalf("%q: %+v, %d, %v; want %+v, %d, %v", data[:end], got, size, err, want, wantSize, wantErr)
			}
			if size > 0 || err != nil {
				return
			}
		}
	})
}
