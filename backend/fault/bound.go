package fault

import "time"

// Bound is what a budget or a limit says of its refusal, for whoever words it
// in the reader's language. Safe and Hint say the same in English.
type Bound struct {
	Kind     string     `json:"kind" enum:"budget,limit"`
	Holder   string     `json:"holder" enum:"tenant,team,user,maker,role,key,conversation,model,deployment" doc:"whose it is; maker: of who made the key that asked"`
	Name     string     `json:"name,omitempty" doc:"of the team, where it is the holder"`
	Amount   int64      `json:"amount" doc:"of a budget nano US dollars; of a limit how many of its measure"`
	Period   string     `json:"period,omitempty" enum:"day,month,total" doc:"of a budget"`
	Measure  string     `json:"measure,omitempty" enum:"requests,input_tokens,output_tokens,concurrency" doc:"of a limit"`
	Window   int64      `json:"window_seconds,omitempty" doc:"of a limit; absent for concurrency"`
	Left     int64      `json:"left,omitempty" doc:"of a budget: what is left in nano US dollars, where that is too little for the call"`
	Pending  bool       `json:"pending,omitempty" doc:"of a budget: only calls under way hold it back, so a moment later there may be enough"`
	ResetsAt *time.Time `json:"resets_at,omitempty" doc:"when the budget begins anew, or the limit has room again; absent: never, or nobody knows"`
	Zone     string     `json:"zone,omitempty" doc:"the tenant's time zone, in which a budget's days and months are meant"`
	Contact  string     `json:"contact,omitempty" doc:"whom to ask for more; absent: an administrator"`
}
