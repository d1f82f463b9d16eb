// 処方箋1件に署名してもらう（.NET 8）。エージェントの証明（nonceの署名）にはEd25519が要るため、BouncyCastle.Cryptography を使う。
// One prescription signed, .NET 8. Ed25519 is not in .NET's own library: BouncyCastle.Cryptography verifies the nonce.
//
// この見本はこのリポジトリの試験では実行していない / This sample is not run by the tests of this repository.
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Security;

public sealed class HpkiAgent(int port, string token, string publicKey) : IDisposable
{
    // プロキシを通さない: 相手はこのPCの中にいる / never through a proxy
    private readonly HttpClient http = new(new HttpClientHandler { UseProxy = false, AllowAutoRedirect = false })
    {
        BaseAddress = new Uri($"http://127.0.0.1:{port}"),
        Timeout = TimeSpan.FromSeconds(150),
    };

    public async Task<byte[]> SignPrescriptionAsync(string staffId, string staffName, byte[] csv, string idempotencyKey)
    {
        await ProveAgentAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/signatures");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Headers.Add("Idempotency-Key", idempotencyKey); // 応答が届かなければ同じ値でやり直す
        request.Headers.Add("Prefer", "wait=60");
        request.Headers.AcceptLanguage.ParseAdd("ja");
        request.Content = JsonContent.Create(new
        {
            staff = new { id = staffId, name = staffName },
            documents = new[] { new { id = "rx-1", type = "prescription", csv = Convert.ToBase64String(csv) } },
        });
        var answer = await ReadAsync(await http.SendAsync(request));
        while (answer["state"]!.GetValue<string>() is "received" or "awaiting_card" or "awaiting_consent" or "awaiting_pin" or "awaiting_phone" or "signing")
        {
            using var poll = new HttpRequestMessage(HttpMethod.Get, $"/v1/signatures/{answer["id"]}?wait=60");
            poll.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            answer = await ReadAsync(await http.SendAsync(poll));
        }
        if (answer["state"]!.GetValue<string>() != "signed") throw new HpkiAgentException(answer["problem"]!.AsObject());
        return Convert.FromBase64String(answer["documents"]![0]!["xml"]!.GetValue<string>());
    }

    /// <summary>患者のデータを送る前に、相手がペアリングしたエージェントであることを確かめる。</summary>
    private async Task ProveAgentAsync()
    {
        var nonce = Convert.ToHexString(RandomNumberGenerator.GetBytes(24));
        var health = await ReadAsync(await http.GetAsync($"/health?nonce={nonce}"));
        var message = Encoding.UTF8.GetBytes($"hpki-agent health v1\n{nonce}\n{port}\n{health["instance"]}\n");
        var verifier = new Ed25519Signer();
        verifier.Init(false, (Ed25519PublicKeyParameters)PublicKeyFactory.CreateKey(Convert.FromBase64String(publicKey)));
        verifier.BlockUpdate(message, 0, message.Length);
        if (!verifier.VerifySignature(Convert.FromBase64String(health["signature"]!.GetValue<string>())))
            throw new InvalidOperationException("別のプログラムがポートを使っています");
    }

    private static async Task<JsonObject> ReadAsync(HttpResponseMessage response)
    {
        var content = JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject();
        return response.IsSuccessStatusCode ? content : throw new HpkiAgentException(content);
    }

    public void Dispose() => http.Dispose();
}

/// <summary>title と remedy を人に見せ、分岐は Code で行う。</summary>
public sealed class HpkiAgentException(JsonObject problem)
    : Exception($"{problem["code"]}: {problem["title"]} {problem["remedy"]}")
{
    public string Code { get; } = problem["code"]!.GetValue<string>();
    public bool Retriable { get; } = problem["retriable"]!.GetValue<bool>();
}
