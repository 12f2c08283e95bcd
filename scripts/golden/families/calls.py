"""One call of each network: inputs that a seed gives again, outputs kept as float32."""
import torch


def given(seed, *shape, std=1.0):
    """An input made by randn(numel) of this seed, times std; shape as stated."""
    return {"seed": seed, "shape": list(shape), "std": std}


def tensor(spec):
    if not isinstance(spec, dict):
        return torch.tensor(spec)
    count = torch.Size(spec["shape"]).numel()
    return (torch.randn(count, generator=torch.Generator("cpu").manual_seed(spec["seed"])) * spec["std"]).reshape(spec["shape"])


def call(network, inputs, run):
    """A record {network, inputs, outputs}: `run` gets the inputs as tensors and gives {name: tensor}."""
    with torch.no_grad():
        outputs = run(**{name: tensor(spec) for name, spec in inputs.items()})
    return {"network": network, "inputs": inputs, "outputs": outputs}


def text_calls(folder, tokenizer, encoder, prompts):
    """Token ids of each prompt, padded and cut as the pipeline does, with the text states of the encoder."""
    records = []
    for prompt in prompts:
        tokens = tokenizer(prompt, padding="max_length", max_length=tokenizer.model_max_length, truncation=True)
        inputs = {"input_ids": [tokens.input_ids]}
        if encoder.config.model_type == "bert":
            inputs["attention_mask"] = [tokens.attention_mask]
        records.append({"prompt": prompt, **call(folder, inputs, lambda **given: text_states(encoder, **given))})
    return records


def text_states(encoder, input_ids, attention_mask=None):
    """CLIP's last and last but one states and its pooled state; BERT's last states."""
    states = encoder(input_ids, attention_mask=attention_mask, output_hidden_states=True)
    if attention_mask is not None:
        return {"last_hidden_state": states.last_hidden_state}
    pooled = {"text_embeds": states.text_embeds} if "text_embeds" in states else {"pooler_output": states.pooler_output}
    return {"last_hidden_state": states.last_hidden_state, "penultimate_hidden_state": states.hidden_states[-2],
        **pooled}


def unet_calls(unet, sizes=((8, 8), (5, 7)), time_ids=6):
    """The U-Net at two timesteps at once, with the conditions that its config asks for."""
    config, records = unet.config, []
    states = config.cross_attention_dim
    states = states if isinstance(states, int) else states[0]
    for height, width in sizes:
        inputs = {
            "sample": given(11, 2, config.in_channels, height, width),
            "timestep": [981.0, 37.0],
            "encoder_hidden_states": given(12, 2, 77, states),
        }
        if config.addition_embed_type == "text_time":
            pooled = config.projection_class_embeddings_input_dim - time_ids * config.addition_time_embed_dim
            sizes_told = [64.0, 96.0, 0.0, 0.0, *([64.0, 96.0] if time_ids == 6 else [6.0])]
            inputs |= {"text_embeds": given(13, 2, pooled), "time_ids": [sizes_told] * 2}
        if config.time_cond_proj_dim:
            inputs["timestep_cond"] = given(14, 2, config.time_cond_proj_dim)
        if config.num_class_embeds and not config.class_embed_type:
            inputs["class_labels"] = [config.num_class_embeds - 1, 0]
        elif config.class_embed_type in ("timestep", "identity", "projection", "simple_projection"):
            inputs["class_labels"] = class_input(config)
        records.append(call("unet", inputs, lambda **given: {"out_sample": unet_output(unet, **given)}))
    return records


def class_input(config):
    if config.class_embed_type == "timestep":
        return [7.0, 450.0]
    width = config.projection_class_embeddings_input_dim or config.block_out_channels[0] * 4
    return given(15, 2, width)


def unet_output(unet, text_embeds=None, time_ids=None, **inputs):
    added = {"text_embeds": text_embeds, "time_ids": time_ids} if text_embeds is not None else None
    return unet(**inputs, added_cond_kwargs=added).sample


def vae_calls(vae, size=(3, 5)):
    """Decoding of two small latents and encoding of one picture (the moments; AutoencoderTiny gives latents)."""
    tiny = type(vae).__name__ == "AutoencoderTiny"
    factor = 2 ** (len(vae.config.block_out_channels if not tiny else vae.config.decoder_block_out_channels) - 1)
    height, width = size
    decode = call(
        "vae_decoder",
        {"latents": given(21, 2, vae.config.latent_channels, height, width)},
        lambda latents: {"sample": vae.decode(latents).sample},
    )
    picture = {"sample": given(22, 1, 3, height * factor, width * factor, std=0.5)}
    if tiny:
        return [decode, call("vae_encoder", picture, lambda sample: {"latents": vae.encode(sample).latents})]
    return [decode, call("vae_encoder", picture, lambda sample: {"moments": vae.encode(sample).latent_dist.parameters})]


def tiled_calls(vae, size=(14, 11), tile=8):
    """Decoding and encoding in tiles of so many latents, as `enable_tiling` has it."""
    vae.enable_tiling()
    factor, (height, width) = 2 ** (len(vae.config.block_out_channels) - 1), size
    vae.tile_latent_min_size, vae.tile_sample_min_size = tile, tile * factor
    return [
        call("vae_tiled_decoder", {"latents": given(23, 1, vae.config.latent_channels, height, width)},
            lambda latents: {"sample": vae.decode(latents).sample}),
        call("vae_tiled_encoder", {"sample": given(24, 1, 3, height * factor, width * factor, std=0.5)},
            lambda sample: {"moments": vae.encode(sample).latent_dist.parameters}),
    ]
