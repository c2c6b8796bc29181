package tidy

import "testing"

// TestModule holds this repository to its house rules.
func TestModule(t *testing.T) {
	findings, err := Check("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, finding := range findings {
		t.Error(finding)
	}
	if len(findings) > 0 {
		t.Logf("%d findings; internal/tidy/doc.go explains the rules and their marks", len(findings))
	}
}
