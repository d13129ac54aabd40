interface Input {
  baseUrl: string;
  secret: string;
  model: string;
  hello: string;
}

/** Ready to paste; everything that varies is quoted as the language needs it. */
export const examples = {
  curl: ({ baseUrl, secret, model, hello }: Input) =>
    [
      `curl ${baseUrl}/chat/completions \\`,
      `  -H "Authorization: Bearer ${secret}" \\`,
      `  -H "Content-Type: application/json" \\`,
      `  -d ${shell(JSON.stringify({ model, messages: [{ role: "user", content: hello }] }))}`,
    ].join("\n"),
  python: ({ baseUrl, secret, model, hello }: Input) =>
    [
      `# pip install openai`,
      `from openai import OpenAI`,
      ``,
      `client = OpenAI(base_url=${JSON.stringify(baseUrl)}, api_key=${JSON.stringify(secret)})`,
      `answer = client.chat.completions.create(`,
      `    model=${JSON.stringify(model)},`,
      `    messages=[{"role": "user", "content": ${JSON.stringify(hello)}}],`,
      `)`,
      `print(answer.choices[0].message.content)`,
    ].join("\n"),
};

const shell = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
