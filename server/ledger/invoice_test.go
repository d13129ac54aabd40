package ledger_test

import (
	"math/big"
	"strings"
	"testing"
	"time"

	"nexusai/server/ledger"
)

func TestInvoicesAreRead(t *testing.T) {
	t.Parallel()
	lines, err := ledger.ReadInvoice(strings.NewReader("\uFEFFDate, Model ,note,AMOUNT_USD,request_id\n2026-11-02T10:00:00Z,gpt,x,$1.5,r1\n2026-11-03,gpt,\"a,b\",-0.0000000015,\n"))
	if err != nil {
		t.Fatal(err)
	}
	day := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	want := []ledger.InvoiceLine{
		{Line: 2, RequestID: "r1", Day: day, Model: "gpt", Amount: 1_500_000_000},
		{Line: 3, Day: day.AddDate(0, 0, 1), Model: "gpt", Amount: -2},
	}
	if len(lines) != 2 || lines[0] != want[0] || lines[1] != want[1] {
		t.Errorf("got %+v, want %+v", lines, want)
	}
}

func TestBadInvoicesNameTheLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                            "first line",
		"a,b\n":                                       "must name amount_usd",
		"date,amount_usd\n":                           "must name amount_usd",
		"request_id,amount_usd\nr,\n":                 `line 2: "" is no amount`,
		"request_id,amount_usd\nr,1\nr,1e3\n":         `line 3: "1e3" is no amount`,
		"request_id,amount_usd\nr,1.5.5\n":            "is no amount",
		"request_id,amount_usd\nr,99999999999\n":      "is no amount",
		"request_id,amount_usd\n,1\n":                 "line 2: it names neither",
		"date,model,amount_usd\nyesterday,m,1\n":      "is no date",
		"request_id,amount_usd\n\"r,1\n":              "read the invoice",
		"request_id,amount_usd\nr,--1\n":              "is no amount",
		"request_id,amount_usd\nr,0.1234567890123x\n": "is no amount",
	} {
		if _, err := ledger.ReadInvoice(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func FuzzInvoice(f *testing.F) {
	f.Add("request_id,amount_usd\nr,0.1\n")
	f.Add("date,model,amount_usd\n2026-01-01,m,-12.000000001\n")
	f.Add("\uFEFFdate;model\n\x00,\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		lines, err := ledger.ReadInvoice(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, l := range lines {
			if l.RequestID == "" && (l.Model == "" || l.Day.IsZero()) || l.Line < 2 || l.Amount > 1e18 || l.Amount < -1e18 {
				t.Errorf("%q gives %+v", text, l)
			}
		}
	})
}

// FuzzParseUSD holds it to exact arithmetic.
func FuzzParseUSD(f *testing.F) {
	for _, s := range []string{"0.000123", "-$1.5", "999999999.9999999995", ".5", "1.", "0.0000000005", "-0.00000000049", "1e3", "+1", "1,5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ledger.ParseUSD(text)
		if err != nil {
			return
		}
		want, ok := new(big.Rat).SetString(strings.Replace(text, "$", "", 1))
		if !ok {
			t.Fatalf("%q is no number and becomes %d", text, got)
		}
		off := want.Sub(want.Mul(want, big.NewRat(1e9, 1)), big.NewRat(got, 1))
		if off.Abs(off).Cmp(big.NewRat(1, 2)) > 0 {
			t.Errorf("%q becomes %d nano-dollars", text, got)
		}
	})
}
